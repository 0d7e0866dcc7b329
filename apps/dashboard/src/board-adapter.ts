import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { QueueBackend, WorkerStatus } from '@ciphernet/queue';
import type { Job, JobType, Queue } from 'bullmq';
import { readableJobs } from './readable-jobs.js';

/** A worker as Bull Board lists it. */
interface BoardWorker {
  readonly id: string;
  readonly name: string | null;
  readonly addr: string;
  /** Seconds since it started. */
  readonly age: number;
}

const isRole = (name: string): name is WorkerStatus['roles'][number] =>
  ['train', 'infer', 'audit', 'benchmark'].includes(name);

/** Lists what can be read: one job that is no JSON must not take the page from all others. */
class ReadableAdapter extends BullMQAdapter {
  readonly #jobs: Queue;

  constructor(queue: Queue, readOnlyMode: boolean) {
    super(queue, { readOnlyMode });
    this.#jobs = queue;
  }

  override getJobs(states: (JobType | 'paused')[], from = 0, to = -1): Promise<Job[]> {
    // A paused queue's jobs are waiting ones to this BullMQ.
    const known = states.filter((state) => state !== 'paused');
    return readableJobs(this.#jobs, known, { from, to });
  }
}

/**
 * BullMQ counts a queue's workers by their connections to Redis. An embedded queue has none: there the workers are those
 * that announced themselves, and of a queue whose workers do not, nothing is claimed.
 */
class EmbeddedAdapter extends ReadableAdapter {
  readonly #backend: QueueBackend;
  readonly #queue: string;

  constructor(backend: QueueBackend, queue: string, readOnlyMode: boolean) {
    super(backend.queue(queue), readOnlyMode);
    this.#backend = backend;
    this.#queue = queue;
  }

  override async getWorkers(): Promise<BoardWorker[] | null> {
    const queue = this.#queue;
    if (!isRole(queue)) return null;
    const statuses = await this.#backend.workers.list();
    return statuses
      .filter(({ roles }) => roles.includes(queue))
      .map(({ worker, startedAt }) => ({
        id: worker,
        name: worker,
        addr: 'this process',
        age: Math.round((Date.now() - startedAt) / 1000),
      }));
  }
}

/** What shows a queue on Bull Board. */
export function boardAdapter(backend: QueueBackend, queue: string, readOnlyMode: boolean): BullMQAdapter {
  if (backend.kind === 'embedded') return new EmbeddedAdapter(backend, queue, readOnlyMode);
  return new ReadableAdapter(backend.queue(queue), readOnlyMode);
}
