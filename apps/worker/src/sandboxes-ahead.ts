import type { Child, ChildPool, Worker } from 'bullmq';

/** A worker whose jobs run in sandboxes of a file, and how many of them are started. */
export interface SandboxedWorker {
  readonly worker: Worker;
  readonly processor: URL;
  readonly count: number;
}

async function startFor({ worker, processor, count }: SandboxedWorker): Promise<void> {
  const pool = worker['childPool'] as ChildPool | undefined;
  if (pool === undefined) return;
  const started: Child[] = [];
  let isWanted = false;
  // A job is announced before a sandbox is looked for: it finds those that are ready.
  const giveBack = (): void => {
    isWanted = true;
    for (const child of started.splice(0)) pool.release(child);
  };
  worker.once('active', giveBack);
  try {
    while (started.length < count && !isWanted && worker.closing === undefined) {
      const child = await pool.retain(processor.href);
      // Closing a worker ends the sandboxes that its pool knows: one that was starting meanwhile is none of them.
      if ((worker.closing as unknown) !== undefined) await pool.kill(child);
      else started.push(child);
    }
  } finally {
    worker.off('active', giveBack);
    giveBack();
  }
}

/**
 * Starts sandboxes before their first jobs, one after another: BullMQ starts one when a job finds none, and its modules take half a second,
 * which every stage of a run would wait for. BullMQ has no option for it; its pool of sandboxes is public, a worker's own pool is not.
 * Ends early for a worker that gets a job. Never rejects: what fails here is told by the first job, which then starts its own.
 */
export async function startSandboxesAhead(workers: readonly SandboxedWorker[]): Promise<void> {
  for (const each of workers) await startFor(each).catch(() => undefined);
}
