import { EvaluationError, errorFromLine } from '@ciphernet/foundation';
import type { JobProgress, QueueBackend } from '@ciphernet/queue';
import type { Job, QueueEvents } from 'bullmq';
import { abortable } from './signals.js';

/**
 * A notice that BullMQ sends while listening begins is lost: the job itself is asked again this often. Waiting without
 * an end on a lost notice would be for ever.
 */
const ASK_AGAIN_MS = 5000;

async function finished(job: Job, events: QueueEvents): Promise<unknown> {
  for (;;) {
    try {
      return await (job.waitUntilFinished(events, ASK_AGAIN_MS) as Promise<unknown>);
    } catch (error) {
      // Asked again, a job that has failed answers with its reason.
      const isLate = error instanceof Error && error.message.includes('timed out before finishing');
      if (!isLate) throw error;
    }
  }
}

/** Waits for a job; a failed one rejects with its reason. */
export async function waitForJob(
  job: Job,
  events: QueueEvents,
  signal: AbortSignal,
  onProgress?: (jobId: string, progress: JobProgress) => void,
): Promise<unknown> {
  const { progressSchema } = await import('@ciphernet/queue');
  const listener = ({ jobId, data }: { jobId: string; data: unknown }): void => {
    const parsed = progressSchema.safeParse(data);
    if (parsed.success) onProgress?.(jobId, parsed.data);
  };
  events.on('progress', listener);
  try {
    return await abortable(finished(job, events), signal);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw errorFromLine(text, `${job.queueName} job ${job.id ?? ''}`);
  } finally {
    events.off('progress', listener);
  }
}

/** Waits until an evaluation has been collected, adding its shards' progress up. What came of it, only its owner knows. */
export async function waitForEvaluation(
  backend: QueueBackend,
  evaluation: string,
  shards: number,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<void> {
  const { QUEUES, progressSchema } = await import('@ciphernet/queue');
  const inferEvents = backend.events(QUEUES.infer);
  const collectEvents = backend.events(QUEUES.collect);
  await Promise.all([inferEvents.waitUntilReady(), collectEvents.waitUntilReady()]);
  const fractions = new Map<string, number>();
  const report = (): void => {
    let sum = 0;
    for (const fraction of fractions.values()) sum += fraction;
    onProgress(sum / shards);
  };
  const own = (jobId: string): boolean => jobId.startsWith(`${evaluation}-shard-`);
  const onShard = ({ jobId, data }: { jobId: string; data: unknown }): void => {
    const parsed = progressSchema.safeParse(data);
    if (!own(jobId) || !parsed.success) return;
    fractions.set(jobId, parsed.data.done / parsed.data.total);
    report();
  };
  const onCompleted = ({ jobId }: { jobId: string }): void => {
    if (!own(jobId)) return;
    fractions.set(jobId, 1);
    report();
  };
  inferEvents.on('progress', onShard);
  inferEvents.on('completed', onCompleted);
  try {
    const job = (await backend.queue(QUEUES.collect).getJob(evaluation)) as Job | undefined;
    if (job === undefined) throw new EvaluationError('the evaluation is not in the queue', { where: evaluation });
    await waitForJob(job, collectEvents, signal);
  } finally {
    inferEvents.off('progress', onShard);
    inferEvents.off('completed', onCompleted);
  }
}
