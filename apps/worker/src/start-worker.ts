import { QUEUES, type QueueBackend, type WorkerTuning } from '@ciphernet/queue';
import type { Worker } from 'bullmq';

export interface WorkerRoles {
  /** Infer jobs side by side; 0 leaves them to other workers. */
  readonly infer: number;
  /** Training jobs side by side; 0 leaves them to other workers. */
  readonly train: number;
}

/**
 * CPU-bound work runs in threads, so this event loop renews locks in time; should it stall all the same, the job is
 * given to another worker once, not for ever.
 */
const TUNING: WorkerTuning = {
  useWorkerThreads: true,
  lockDuration: 60_000,
  stalledInterval: 15_000,
  maxStalledCount: 3,
  maxStartedAttempts: 8,
};

/** Starts processors for the roles taken. They are closed with the backend. */
export function startWorker(backend: QueueBackend, roles: WorkerRoles): Worker[] {
  const processor = (file: string): URL => new URL(file, import.meta.url);
  const workers: Worker[] = [];
  if (roles.infer > 0) {
    workers.push(
      backend.worker(QUEUES.infer, processor('./infer-processor.js'), { ...TUNING, concurrency: roles.infer }),
    );
  }
  if (roles.train > 0) {
    workers.push(
      backend.worker(QUEUES.train, processor('./train-processor.js'), { ...TUNING, concurrency: roles.train }),
    );
  }
  return workers;
}
