/** Waits until all are done, whether one fails or not, and then throws what the first of them that failed threw. */
export async function settleAll(work: Iterable<Promise<unknown>>): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) if (outcome.status === 'rejected') throw outcome.reason;
}
