import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { type BlobStore, openBlobStore } from '@ciphernet/blobs';
import type { Configuration } from '@ciphernet/configuration';
import { asError, errorToLine, isUnrecoverable } from '@ciphernet/foundation';
import type { BackendAnnouncement, CheckpointAnnouncement, JobProgress } from '@ciphernet/queue';
import type { SandboxedJob } from 'bullmq';
import { beginHeartbeat } from './silence.js';

/** At most this often does a job report; each report is a write to the queue. */
const REPORT_INTERVAL_MS = 250;

/** What a processor's body works with. */
export interface Sandbox {
  readonly configuration: Configuration;
  readonly blobs: BlobStore;
  readonly report: (progress: JobProgress) => void;
  /** Never left out, unlike a report. */
  readonly announce: (announcement: CheckpointAnnouncement | BackendAnnouncement) => void;
}

/** Under this name sandbox threads find what their worker was configured with. */
const CONFIGURATION = 'ciphernet.configuration';

/**
 * Lets the sandboxes of this process work with `configuration`. Call it before workers are started.
 *
 * @param threads that will be; each pipes its output to this process's, and Node warns of a leak from the eleventh listener on
 */
export function configureSandboxes(configuration: Configuration, threads: number): void {
  setEnvironmentData(CONFIGURATION, { ...configuration });
  for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(stream.getMaxListeners() + threads);
}

function sandboxConfiguration(): Configuration {
  const configured = getEnvironmentData(CONFIGURATION) as unknown as Configuration | undefined;
  if (configured === undefined) throw new Error('the sandbox was started without a configuration');
  return configured;
}

let opened: Promise<BlobStore> | undefined;

/** One store a thread: BullMQ runs job after job in it, and each S3 client has connections of its own. */
function storeOfThread(configuration: Configuration): Promise<BlobStore> {
  opened ??= openBlobStore(configuration).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

/**
 * What BullMQ does not try again: it goes by the name, which is all that crosses the border. Its own class would load all of BullMQ into
 * each sandbox, for some tenths of a second.
 */
class UnrecoverableError extends Error {
  override readonly name = 'UnrecoverableError';
}

/**
 * Runs a processor's body with what it needs. An error that no retry can repair becomes BullMQ's UnrecoverableError; the
 * original's kind leads the message, since only name and message cross the border.
 */
export async function inSandbox<T>(job: SandboxedJob, body: (sandbox: Sandbox) => Promise<T>): Promise<T> {
  const configuration = sandboxConfiguration();
  using heartbeat = beginHeartbeat();
  let last = 0;
  let pending: Promise<unknown> = Promise.resolve();
  const announce = (announcement: CheckpointAnnouncement | BackendAnnouncement): void => {
    pending = pending.then(() => job.updateProgress({ ...announcement })).catch(() => undefined);
  };
  const report = (progress: JobProgress): void => {
    heartbeat.beat();
    const now = Date.now();
    if (now - last < REPORT_INTERVAL_MS && progress.done < progress.total) return;
    last = now;
    // A lost report is not worth a failed job.
    pending = pending.then(() => job.updateProgress({ ...progress })).catch(() => undefined);
  };
  try {
    const result = await body({
      configuration,
      blobs: await storeOfThread(configuration),
      report,
      announce,
    });
    await pending;
    return result;
  } catch (error) {
    if (!isUnrecoverable(error)) throw asError(error);
    throw new UnrecoverableError(errorToLine(error));
  }
}
