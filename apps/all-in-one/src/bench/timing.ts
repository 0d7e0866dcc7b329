import { median } from '@ciphernet/foundation';
/** Seconds of one call of `work`: the median over `repetitions` batches, after a warm-up of two. */
export function medianSeconds(work: () => void, repetitions = 15, batchSeconds = 0.02): number {
  work();
  const started = performance.now();
  work();
  const once = (performance.now() - started) / 1000;
  const calls = Math.max(1, Math.round(batchSeconds / Math.max(once, 1e-7)));
  const times: number[] = [];
  for (let r = 0; r < repetitions; r++) {
    const from = performance.now();
    for (let i = 0; i < calls; i++) work();
    times.push((performance.now() - from) / 1000 / calls);
  }
  return median(times);
}

/** Median seconds of an asynchronous piece of work, after one warm-up. */
export async function medianSecondsAsync(work: () => Promise<unknown>, repetitions = 3): Promise<number> {
  await work();
  const times: number[] = [];
  for (let r = 0; r < repetitions; r++) {
    const from = performance.now();
    await work();
    times.push((performance.now() - from) / 1000);
  }
  return median(times);
}
