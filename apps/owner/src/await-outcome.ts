import { setTimeout as sleep } from 'node:timers/promises';
import { waitForEvaluation } from '@ciphernet/command-line';
import { InputError } from '@ciphernet/foundation';
import { readOutcome } from '@ciphernet/owner-records';
import type { QueueBackend } from '@ciphernet/queue';
import type { Report } from '@ciphernet/report';

/** An evaluation that was accepted. */
export interface Accepted {
  readonly report: Report;
  /** Of the report's files. */
  readonly folder: string;
}

const POLL_MS = 100;
/** The collector writes before it answers; a shared folder of another machine may show it a little later. */
const GRACE_MS = 3000;

/** Does not keep a process that has nothing else to do. */
const grace = (): Promise<void> => sleep(GRACE_MS, undefined, { ref: false });

/** What waiting for an evaluation takes. */
export interface OutcomeTools {
  readonly backend: QueueBackend;
  readonly reportsFolder: string;
  readonly signal: AbortSignal;
}

/**
 * Waits for an evaluation's outcome in the owner's folder, where alone it can be found: the queue says only that it was
 * collected.
 *
 * @param shards of the dataset
 * @throws the refusal, as the collector recorded it
 * @throws InputError when it was collected and this data folder has no outcome
 */
export async function awaitOutcome(
  evaluation: string,
  shards: number,
  { backend, reportsFolder, signal }: OutcomeTools,
  onProgress: (fraction: number) => void,
): Promise<Accepted> {
  const waiting = new AbortController();
  const both = AbortSignal.any([signal, waiting.signal]);
  const collected = waitForEvaluation(backend, evaluation, shards, both, onProgress);
  let isOver = false;
  const over = collected.then(grace).finally(() => (isOver = true));
  // Looked at below, also where the outcome was there before the queue said so.
  over.catch(() => undefined);
  try {
    for (;;) {
      const last = isOver;
      const outcome = await readOutcome(reportsFolder, evaluation);
      if (outcome?.kind === 'refused') throw outcome.error;
      if (outcome !== undefined) return { report: outcome.report, folder: outcome.folder };
      if (last) break;
      await Promise.race([sleep(POLL_MS), over]);
    }
  } finally {
    // The queue says so in a moment. Left alone, BullMQ would ask once more on a connection that is closed by then, and nothing
    // could catch what it throws.
    await Promise.race([collected.catch(() => undefined), grace()]);
    waiting.abort();
  }
  await over;
  throw new InputError('the evaluation was collected, and its outcome is not in this data folder', {
    where: `${reportsFolder}, ${evaluation}`,
    hint: 'ask where the collector runs: its data folder (CIPHERNET_DATA) has the report',
  });
}
