import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { EvaluationError, InputError, decodeError } from '@ciphernet/foundation';
import type { ShardTask, ThreadReply, ThreadStart } from './encryption-task.js';

/** Features of one shard in the clear, as the encryption pool takes them. */
export interface PlainShard {
  /** images × features, row-major, usually in [0, 1] */
  readonly features: Float32Array;
  readonly images: number;
}

/** Encryption threads that hold one key until they are disposed. */
export interface EncryptionPool extends AsyncDisposable {
  readonly threads: number;
  /**
   * Encrypts one shard on all threads.
   *
   * @returns residues in the wire format's order, in shared memory
   * @throws InputError unless the features are whole images that fit the slots
   * @throws EvaluationError when SEAL fails, and the signal's reason when it is aborted
   */
  encryptShard(
    shard: PlainShard,
    options: {
      /** Real factor between a feature and its encoded integer. */
      readonly scale: number;
      /** Coefficients of a tile; divides the ring degree. */
      readonly tile: number;
      readonly signal?: AbortSignal;
      /** Called a few times a second with features done. */
      readonly onProgress?: (done: number, total: number) => void;
    },
  ): Promise<Uint32Array>;
}

const PROGRESS_INTERVAL_MS = 200;

/** images × features → features × images, in shared memory. */
function transpose(features: Float32Array, images: number, count: number): Float32Array {
  const out = new Float32Array(new SharedArrayBuffer(4 * features.length));
  for (let image = 0; image < images; image++) {
    for (let f = 0; f < count; f++) out[f * images + image] = features[image * count + f] ?? 0;
  }
  return out;
}

/** The built file, also where the package's sources run (tests): threads load JavaScript. */
const THREAD = new URL('../dist/encrypt-thread.js', import.meta.url);

async function startThread(start: ThreadStart): Promise<Worker> {
  const thread = new Worker(THREAD, { workerData: start });
  const [reply] = (await once(thread, 'message')) as [ThreadReply];
  if (reply.kind === 'ready') return thread;
  await thread.terminate();
  if (reply.kind === 'failed') throw decodeError(reply.error);
  throw new EvaluationError('the encryption thread did not start', { where: 'encryption' });
}

function runTask(thread: Worker, task: ShardTask): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error?: Error): void => {
      thread.off('message', onMessage);
      thread.off('error', finish);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onMessage = (reply: ThreadReply): void => {
      finish(reply.kind === 'failed' ? decodeError(reply.error) : undefined);
    };
    thread.on('message', onMessage);
    thread.on('error', finish);
    thread.postMessage(task);
  });
}

/**
 * Starts `threads` encryption threads, each with a SEAL of its own.
 *
 * @throws InputError when the key does not fit the parameters
 */
export async function createEncryptionPool(start: ThreadStart, threads: number): Promise<EncryptionPool> {
  const workers = await Promise.all(Array.from({ length: threads }, () => startThread(start)));
  const { ringDegree, primes } = start.parameters;
  return {
    threads,
    async encryptShard(shard, options) {
      const features = shard.features.length / shard.images;
      if (!Number.isInteger(features) || shard.images < 1 || shard.images > ringDegree / 2) {
        throw new InputError(
          `${shard.features.length} values are no ${shard.images} images of at most ${ringDegree / 2} slots`,
        );
      }
      const words = primes.length * features * 2 * ringDegree;
      const task: ShardTask = {
        values: transpose(shard.features, shard.images, features),
        images: shard.images,
        features,
        scale: options.scale,
        tile: options.tile,
        residues: new Uint32Array(new SharedArrayBuffer(4 * words)),
        progress: new Int32Array(new SharedArrayBuffer(12)),
      };
      const stop = (): void => void Atomics.store(task.progress, 2, 1);
      options.signal?.addEventListener('abort', stop);
      const report = (): void => options.onProgress?.(Atomics.load(task.progress, 1), features);
      const timer = setInterval(report, PROGRESS_INTERVAL_MS);
      try {
        options.signal?.throwIfAborted();
        await Promise.all(workers.map((worker) => runTask(worker, task)));
        options.signal?.throwIfAborted();
      } finally {
        clearInterval(timer);
        options.signal?.removeEventListener('abort', stop);
      }
      report();
      return task.residues;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
