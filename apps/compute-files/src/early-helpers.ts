import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { MOST_THREADS, startHelpers } from '@ciphernet/engines/helpers';

/** Bytes of batches from which a thread more is worth its start: some 20 MB take as long to evaluate. */
const WORTH_A_THREAD_BYTES = 16 * 2 ** 20;

/** Threads that batches of so many bytes are worth, at least one. @param most threads */
export function threadsFor(bytes: number, most: number): number {
  return Math.max(1, Math.min(most, MOST_THREADS, Math.ceil(bytes / WORTH_A_THREAD_BYTES)));
}

function bytesIn(folder: string): number {
  try {
    return readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  } catch {
    // Whatever is wrong with the folder is said by the command.
    return 0;
  }
}

/**
 * Starts the helpers of `infer MODEL BATCHES FOLDER` while this thread still loads modules: a helper takes as long to start as all
 * that this thread does before it evaluates. Import this first, and little else before it; it goes by the sizes of what is there, so
 * that a small folder starts none. Where threads are counted or another engine is asked for, the command starts what it wants.
 *
 * @param words the process's arguments, from the command on
 * @param cores threads at most
 */
export function startEarlyHelpers(
  [command, , batches, ...others]: readonly string[],
  cores: number = availableParallelism(),
): void {
  if (command !== 'infer' || batches === undefined || others.some((word) => /^--(threads|engine)/.test(word))) return;
  startHelpers(threadsFor(bytesIn(batches), cores) - 1);
}
