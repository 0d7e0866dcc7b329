import { type BlobStore, openBlobStore } from '@ciphernet/blobs';
import { type Configuration, loadConfiguration } from '@ciphernet/configuration';
import { InputError, messageOf } from '@ciphernet/foundation';
import type { QueueBackend } from '@ciphernet/queue';
import { abortOnSignals } from './signals.js';

/** What a command works with; closing it gives running jobs back. */
export interface Session extends AsyncDisposable {
  readonly configuration: Configuration;
  readonly blobs: BlobStore;
  readonly backend: QueueBackend;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

/** Opens queue and store as the environment says. */
export async function openSession(): Promise<Session> {
  const configuration = loadConfiguration();
  const blobs = await openBlobStore(configuration);
  // Most of what a command loads: those that have no session do without.
  const { openQueueBackend } = await import('@ciphernet/queue');
  let lastError = '';
  const backend = await openQueueBackend({
    redisUrl: configuration.redisUrl,
    folder: configuration.queueFolder,
    prefix: configuration.prefix,
    stopSeconds: configuration.stopSeconds,
    onError: (error) => {
      // Reconnecting repeats the same error many times a second: say each once.
      const text = messageOf(error);
      if (text !== lastError && text !== '') process.stderr.write(`queue: ${text}\n`);
      lastError = text;
    },
  });
  return { configuration, blobs, backend, signal: abortOnSignals(), [Symbol.asyncDispose]: () => backend.close() };
}

/**
 * Opens the session of a role that runs by itself: only on a queue that processes share.
 *
 * @param role named in the error
 * @throws InputError without REDIS_URL
 */
export function openSharedSession(role: string): Promise<Session> {
  if (loadConfiguration().redisUrl !== undefined) return openSession();
  throw new InputError(
    `${/^[aeio]/.test(role) ? 'an' : 'a'} ${role} of its own needs a queue that processes can share`,
    {
      where: 'REDIS_URL',
      hint: 'set REDIS_URL=redis://host:6379, or use `npm start`, which has every role in one process',
    },
  );
}
