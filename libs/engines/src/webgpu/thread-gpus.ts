import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { Adapter } from './adapters.js';
import { type Gpu, openGpu } from './device.js';

/** Under this name threads find the GPUs of their process. */
const KEY = 'ciphernet.gpus';

/** GPUs that threads share out among themselves. */
export interface SharedGpus {
  readonly adapters: readonly Adapter[];
  /** Threads on each, in memory that all of them share. */
  readonly threads: Int32Array;
}

/** Lets the threads of this process use these GPUs, each thread one. Call it before they start; none: the fastest, for all. */
export function shareGpus(adapters: readonly Adapter[]): void {
  const threads = new Int32Array(new SharedArrayBuffer(4 * adapters.length));
  setEnvironmentData(KEY, { adapters: [...adapters], threads });
}

/** Counts a thread in where the fewest are, the first of equals. @returns the GPU's place */
export function takePlace(threads: Int32Array): number {
  for (;;) {
    const counts = Array.from(threads, (_, i) => Atomics.load(threads, i));
    const fewest = Math.min(...counts);
    const place = counts.indexOf(fewest);
    if (Atomics.compareExchange(threads, place, fewest, fewest + 1) === fewest) return place;
  }
}

/** Opens one of the process's GPUs for this thread, the one with the fewest threads; its place is free when it is disposed of. */
export async function openThreadGpu(open: (adapter?: Adapter) => Promise<Gpu> = openGpu): Promise<Gpu> {
  const shared = getEnvironmentData(KEY) as unknown as SharedGpus | undefined;
  if (shared === undefined || shared.adapters.length === 0) return open();
  const { adapters, threads } = shared;
  const place = takePlace(threads);
  let isTaken = true;
  const leave = (): void => {
    if (isTaken) Atomics.sub(threads, place, 1);
    isTaken = false;
  };
  try {
    const gpu = await open(adapters[place]);
    return {
      ...gpu,
      [Symbol.dispose]() {
        leave();
        gpu[Symbol.dispose]();
      },
    };
  } catch (error) {
    leave();
    throw error;
  }
}
