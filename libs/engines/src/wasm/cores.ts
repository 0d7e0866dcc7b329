import { availableParallelism } from 'node:os';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

/** Under this name threads find the count of the process. */
const KEY = 'ciphernet.evaluating-threads';

/** Threads of this process that evaluate now, in memory that all of them share: one word. */
export type CoreCounter = Int32Array;

/**
 * Makes one count of evaluating threads for the process; every thread started afterwards shares it. Call it on the main
 * thread before evaluations are given to threads; without it each thread counts for itself.
 */
export function shareCoreCounter(): void {
  if (!isMainThread || isCounter(getEnvironmentData(KEY))) return;
  setEnvironmentData(KEY, new Int32Array(new SharedArrayBuffer(4)));
}

function isCounter(value: unknown): value is CoreCounter {
  return value instanceof Int32Array && value.buffer instanceof SharedArrayBuffer;
}

let own: CoreCounter | undefined;

/** The process's counter where it was shared, otherwise this thread's. */
export function coreCounter(): CoreCounter {
  if (own === undefined) {
    const shared: unknown = getEnvironmentData(KEY);
    own = isCounter(shared) ? shared : new Int32Array(new SharedArrayBuffer(4));
  }
  return own;
}

const CORES = availableParallelism();

/** Counts a thread in if a core is free for it. @returns whether it was */
export function takeCore(counter: CoreCounter): boolean {
  if (Atomics.add(counter, 0, 1) < CORES) return true;
  Atomics.sub(counter, 0, 1);
  return false;
}

/** True where fewer threads evaluate than there are cores. */
export function hasFreeCore(counter: CoreCounter): boolean {
  return Atomics.load(counter, 0) < CORES;
}

/** True when more threads evaluate than there are cores: a helper then leaves. */
export function isCrowded(counter: CoreCounter): boolean {
  return Atomics.load(counter, 0) > CORES;
}
