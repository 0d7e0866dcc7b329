import { randomBytes } from 'node:crypto';
import { SEED_BYTES, positionListBytes, putSeed } from '@ciphernet/artifacts';
import type { CkksParameters, EncryptionMode } from '@ciphernet/ckks';
import { settleAll } from '@ciphernet/foundation';
import { PAGE_BYTES, type SharedMemory, type WasmModule, createSharedMemory } from '@ciphernet/ring';
import { writeEmbeddingTables } from './embedding-tables.js';
import { encryptionKernels, writePrimes } from './encryption-kernels.js';
import { type EncryptionLayout, layOutEncryption } from './encryption-memory.js';
import type { EncryptorName, ShardRegion, ShardTask } from './encryption-task.js';
import { type EncryptionThreads, beginThread, runTask, startEncryptionThreads } from './encryption-threads.js';
import { keyResidues, writeKey } from './key-residues.js';
import { type EncryptedShard, type PlainShard, type ShardOptions, featuresOf } from './plain-shard.js';
import { componentsOf, shardBytes } from './shard-bytes.js';
import { createRegions } from './shard-regions.js';
import { wideKernels, wideModule } from './wide-kernels.js';
import { agrees } from './wide-trial.js';

/** Encryption threads that hold one key until they are disposed. */
export interface EncryptionPool extends AsyncDisposable {
  readonly threads: number;
  /**
   * Encrypts one shard on all threads; one at a time.
   *
   * @throws InputError unless the features are whole images that fit the slots and the scale
   * @throws EvaluationError when SEAL fails, and the signal's reason when it is aborted
   */
  encryptShard(shard: PlainShard, options: ShardOptions): Promise<EncryptedShard>;
}

/** What a pool is made for. */
export interface EncryptionStart {
  readonly parameters: CkksParameters;
  readonly mode: EncryptionMode;
  /** SEAL bytes of the public key, or of the secret key in symmetric mode. */
  readonly key: Uint8Array;
  /** Ours by default. */
  readonly encryptor?: EncryptorName;
  /** False keeps to vectors of 128 bits, for comparison; residues are the same for the same draws. Default true: 256 where they can be had. */
  readonly isWide?: boolean;
  /** Takes the seconds of each step, of `createStepSeconds` for as many threads: what a benchmark asks for. */
  readonly steps?: Float64Array;
}

const PROGRESS_INTERVAL_MS = 200;

/**
 * Writes what all threads read: constants of the primes, tables of the embedding, the key.
 *
 * @returns the kernels for four polynomials at a time, where they can be used
 */
function writeConstants(
  memory: SharedMemory,
  layout: EncryptionLayout,
  { parameters, mode, key, isWide = true }: EncryptionStart,
): WasmModule | undefined {
  const residues = keyResidues(parameters, mode, key);
  const kernels = encryptionKernels(memory);
  writePrimes(kernels, layout);
  writeEmbeddingTables(memory, layout);
  writeKey(memory, kernels, layout, { parameters, mode }, residues);
  residues.fill(0);
  const wide = isWide ? wideModule() : undefined;
  return wide !== undefined && agrees({ memory, kernels, wide: wideKernels(wide, memory), layout }) ? wide : undefined;
}

/**
 * Gives a key to encryption threads on one shared memory.
 *
 * @param threads how many, or those that were started ahead; the pool ends them, also where it can't be made
 * @throws InputError when the key does not fit the parameters
 */
export async function createEncryptionPool(
  start: EncryptionStart,
  threads: number | EncryptionThreads,
): Promise<EncryptionPool> {
  const own = typeof threads === 'number' ? startEncryptionThreads(threads) : threads;
  try {
    return await poolOn(start, own);
  } catch (error) {
    await own[Symbol.asyncDispose]();
    throw error;
  }
}

async function poolOn(start: EncryptionStart, own: EncryptionThreads): Promise<EncryptionPool> {
  const layout = layOutEncryption(start.parameters, own.workers.length);
  const memory = memoryOf(own, layout.end);
  const end = async (): Promise<void> => {
    await own[Symbol.asyncDispose]();
    // The key, and whatever a thread that was stopped left of its last shard.
    new Uint8Array(memory.buffer, 0, layout.end).fill(0);
  };
  try {
    // While the threads load their modules.
    const wide = start.encryptor === 'seal' ? undefined : writeConstants(memory, layout, start);
    await begin(start, own, memory, wide);
  } catch (error) {
    await end();
    throw error;
  }
  return poolOf(start, { workers: own.workers, memory, layout, end });
}

/** The threads' memory, where there is some ahead. */
function memoryOf({ takeMemory }: EncryptionThreads, bytes: number): SharedMemory {
  const memory = takeMemory?.();
  if (memory === undefined) return createSharedMemory(bytes);
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
  if (missing > 0) memory.grow(missing);
  return memory;
}

function begin(
  { parameters, mode, encryptor = 'simd', key, steps }: EncryptionStart,
  { workers }: EncryptionThreads,
  memory: SharedMemory,
  wide: WasmModule | undefined,
): Promise<void> {
  const common = {
    parameters,
    mode,
    encryptor,
    key: encryptor === 'simd' ? new Uint8Array() : key,
    memory,
    threads: workers.length,
    ...(wide === undefined ? {} : { wide }),
    ...(steps === undefined ? {} : { steps }),
  };
  return settleAll(workers.map((worker, index) => beginThread(worker, { ...common, index })));
}

/** What a pool encrypts with. */
interface PoolParts extends Pick<EncryptionThreads, 'workers'> {
  readonly memory: SharedMemory;
  readonly layout: EncryptionLayout;
  /** Ends the threads and zeroes the memory. */
  readonly end: () => Promise<void>;
}

function poolOf(start: EncryptionStart, { workers, memory, layout, end }: PoolParts): EncryptionPool {
  const { parameters } = start;
  const threads = workers.length;
  const components = componentsOf(start);
  const isSeeded = components === 1;
  const takeRegion = createRegions(memory, layout.end);
  /** Until every thread is done with it, whether one fails or not: they write into the shard's memory. */
  const run = (task: ShardTask): Promise<void> => settleAll(workers.map((worker) => runTask(worker, task)));
  /** Of the shard before: threads do one thing at a time. */
  let digested: Promise<void> = Promise.resolve();
  return {
    threads,
    async encryptShard(shard, options) {
      const features = featuresOf(shard, options, start);
      const { images } = shard;
      const { signal } = options;
      // Drawn for this call alone: whoever encrypts again, after a failure or anew, does it under another one.
      const seed = isSeeded ? new Uint8Array(randomBytes(SEED_BYTES)) : undefined;
      const sizes = shardBytes(parameters, components, { features, images, tile: options.tile, threads });
      const held = takeRegion(sizes.body + sizes.columns + sizes.rows);
      const region: ShardRegion = {
        images,
        features,
        scale: options.scale,
        encoding: options.encoding ?? 'slots',
        tile: options.tile,
        components,
        residues: held.at,
        columns: held.at + sizes.body,
        ...(seed === undefined ? {} : { seed }),
        rows: held.at + sizes.body + sizes.columns,
      };
      const positions = new Uint8Array(new SharedArrayBuffer(positionListBytes(parameters, seed)));
      if (seed !== undefined) putSeed(seed, positions);
      const task = (kind: ShardTask['kind']): ShardTask => ({
        kind,
        region,
        progress: new Int32Array(new SharedArrayBuffer(12)),
        positions,
      });
      const [encrypting, digesting] = [task('encrypt'), task('digest')];
      const rows = new Float32Array(memory.buffer, region.rows, features * images);
      const stop = (): void => {
        for (const each of [encrypting, digesting]) Atomics.store(each.progress, 2, 1);
      };
      signal?.addEventListener('abort', stop);
      const report = (): void => options.onProgress?.(Atomics.load(encrypting.progress, 1), features);
      const timer = setInterval(report, PROGRESS_INTERVAL_MS);
      try {
        if (shard.features instanceof Float32Array) rows.set(shard.features);
        else await shard.features.writeTo(rows);
        await digested;
        signal?.throwIfAborted();
        await run(encrypting);
        signal?.throwIfAborted();
        report();
      } catch (error) {
        rows.fill(0);
        held[Symbol.dispose]();
        signal?.removeEventListener('abort', stop);
        throw error;
      } finally {
        clearInterval(timer);
      }
      const digests = options.positions === false ? Promise.resolve() : run(digesting);
      // Nobody reads them any more.
      rows.fill(0);
      const list = digests
        .finally(() => signal?.removeEventListener('abort', stop))
        .then(() => {
          signal?.throwIfAborted();
          return positions;
        });
      // Threads may still read a shard that was given back.
      let [isDigested, isDisposed] = [false, false];
      const free = (): void => {
        if (isDigested && isDisposed) held[Symbol.dispose]();
      };
      const settled = (): void => {
        isDigested = true;
        free();
      };
      // Thrown where it is waited for: until then a failure must not count as unhandled.
      digested = list.then(settled, settled);
      return {
        residues: new Uint32Array(memory.buffer, region.residues, sizes.body / 4),
        positions: list,
        ...(seed === undefined ? {} : { seed }),
        [Symbol.dispose]() {
          isDisposed = true;
          free();
        },
      };
    },
    [Symbol.asyncDispose]: end,
  };
}
