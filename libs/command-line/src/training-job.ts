import type { TrainJob, TrainedResult } from '@ciphernet/queue';
import type { ProgressBoard } from './progress.js';
import type { Session } from './session.js';
import { waitForJob } from './wait.js';

/**
 * Enqueues a training job, shows its progress, and waits for its model. The job's id is its run's.
 *
 * @param onBegun called once it trains: what it needs is loaded
 */
export async function runTrainingJob(
  session: Session,
  board: ProgressBoard,
  data: TrainJob,
  onBegun?: () => void,
): Promise<TrainedResult> {
  const { JOB_OPTIONS, QUEUES, parseTrained } = await import('@ciphernet/queue');
  const events = session.backend.events(QUEUES.train);
  await events.waitUntilReady();
  const job = await session.backend.queue(QUEUES.train).add('train', data, { ...JOB_OPTIONS, jobId: data.run });
  const progress = board.start('train', 'batches');
  let hasBegun = false;
  const value = await waitForJob(job, events, session.signal, (jobId, { done, total, note }) => {
    if (jobId !== data.run) return;
    progress.update(done, total, note);
    if (!hasBegun) onBegun?.();
    hasBegun = true;
  });
  const trained = parseTrained(value);
  progress.finish(`${trained.epochs} epochs in ${trained.seconds.toFixed(1)} s on ${trained.backend}`);
  return trained;
}
