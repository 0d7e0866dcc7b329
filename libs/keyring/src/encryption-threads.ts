import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { EvaluationError, decodeError, messageOf } from '@ciphernet/foundation';
import { type SharedMemory, createSharedMemory } from '@ciphernet/ring';
import type { ShardTask, ThreadReply, ThreadRequest, ThreadStart } from './encryption-task.js';

/** Threads for one pool, which ends them; so does disposing of them, whether a pool was made of them or not. */
export interface EncryptionThreads extends AsyncDisposable {
  readonly workers: readonly Worker[];
  /** For the pool, where it was made ahead as well: taking it ends having it given. */
  readonly takeMemory?: () => SharedMemory;
}

/** The built file, also where the package's sources run (tests): threads load JavaScript. */
const THREAD = new URL('../dist/encrypt-thread.js', import.meta.url);

/** Why threads ended by themselves. */
const failures = new WeakMap<Worker, unknown>();

/**
 * Starts threads for a pool ahead of it: loading their modules takes longer than all else that a pool begins with, and needs nothing of
 * the key or the parameters.
 *
 * @param bytes of memory to make ahead, and have the system give: that takes as long as encrypting where a virtual machine gets it from its
 * host. A pool that needs more takes more.
 * @throws RangeError where there is not so much
 */
export function startEncryptionThreads(count: number, bytes?: number): EncryptionThreads {
  const memory = bytes === undefined ? undefined : createSharedMemory(bytes);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const workers = Array.from({ length: count }, () => {
    const worker = new Worker(THREAD);
    // Told to whoever asks it for something next; without a listener an error would end the process.
    worker.once('error', (error) => failures.set(worker, error));
    return worker;
  });
  // One core is enough: another thread may be at work.
  if (memory !== undefined) workers[0]?.postMessage({ kind: 'touch', memory, stop } satisfies ThreadRequest);
  return {
    workers,
    ...(memory === undefined
      ? {}
      : {
          takeMemory() {
            // Whoever uses it has it given page by page, on all threads.
            Atomics.store(stop, 0, 1);
            return memory;
          },
        }),
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** What the thread answers; rejects where it ends instead. */
async function ask(worker: Worker, request: ThreadRequest): Promise<void> {
  const ended = new AbortController();
  const onExit = (): void => {
    const cause = failures.get(worker);
    const why = cause === undefined ? '' : `: ${messageOf(cause)}`;
    ended.abort(new EvaluationError(`an encryption thread ended${why}`, { where: 'encryption', cause }));
  };
  // The number of a thread that has ended.
  if (worker.threadId === -1) onExit();
  worker.once('exit', onExit);
  try {
    const answer = once(worker, 'message', { signal: ended.signal }) as Promise<[ThreadReply]>;
    worker.postMessage(request);
    const [reply] = await answer.catch(() => {
      // A thread that fails says so, and why is known, before it ends.
      onExit();
      throw ended.signal.reason;
    });
    if (reply.kind === 'failed') throw decodeError(reply.error);
  } finally {
    worker.off('exit', onExit);
  }
}

/** Gives a thread its key, memory and place. @throws what its encryptor throws, and EvaluationError where the thread ended */
export const beginThread = (worker: Worker, start: ThreadStart): Promise<void> => ask(worker, { kind: 'start', start });

/** Has a thread take part in a pass over a shard. @throws what encrypting throws, and EvaluationError where the thread ended */
export const runTask = (worker: Worker, task: ShardTask): Promise<void> => ask(worker, { kind: 'task', task });
