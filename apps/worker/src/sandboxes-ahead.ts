import type { ChildPool, Worker } from 'bullmq';

/** A worker whose jobs run in sandboxes of a file, and how many side by side. */
export interface SandboxedWorker {
  readonly worker: Worker;
  readonly processor: URL;
  readonly count: number;
}

/**
 * Starts sandboxes before their first jobs, one after another: BullMQ starts one when a job finds none, and its modules take half a second,
 * which every stage of a run would wait for. BullMQ has no option for it; its pool of sandboxes is public, a worker's own pool is not.
 * What fails here is told by the first job, which then starts its own.
 */
export async function startSandboxesAhead(workers: readonly SandboxedWorker[]): Promise<void> {
  for (const { worker, processor, count } of workers) {
    const pool = worker['childPool'] as ChildPool | undefined;
    const started = [];
    for (let i = 0; i < count && pool !== undefined; i++) {
      if (worker.closing !== undefined) return;
      const child = await pool.retain(processor.href).catch(() => undefined);
      if (child === undefined) return;
      // Closing a worker ends the sandboxes that its pool knows: one that was starting meanwhile is none of them.
      if (worker.closing !== undefined) return pool.kill(child);
      started.push(child);
    }
    for (const child of started) pool?.release(child);
  }
}
