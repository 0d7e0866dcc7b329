import type { Job, JobType, Queue } from 'bullmq';

/**
 * Jobs of a queue that can be read. Whoever reaches Redis can write a job whose data or options are no JSON, and BullMQ then
 * fails to list any of its neighbours: they are read one by one, and what cannot be read is left out.
 */
export async function readableJobs(
  queue: Queue,
  states: JobType[],
  range: { readonly from: number; readonly to: number; readonly ascending?: boolean },
): Promise<Job[]> {
  const { from, to, ascending = false } = range;
  try {
    const jobs = (await queue.getJobs(states, from, to, ascending)) as (Job | undefined)[];
    // A job may be removed between the list and its reading.
    return jobs.filter((job) => job !== undefined);
  } catch {
    const ids = await queue.getRanges(states, from, to, ascending);
    const jobs = await Promise.all(
      ids.map((id) => (queue.getJob(id) as Promise<Job | undefined>).catch(() => undefined)),
    );
    return jobs.filter((job) => job !== undefined);
  }
}
