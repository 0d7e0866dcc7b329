import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Batch, type BatchFile, type BatchSource, openBatchFile } from '@ciphernet/artifacts';
import { sha256Hex } from '@ciphernet/foundation';
import { temporaryFolder } from '@ciphernet/testing';
import { lcg } from './random-circuit.js';
import { type RawOptions, rawCompiled, rawShard, shardBytes } from './raw-circuit.js';

/** A circuit and a shard for it, the same of the same options. */
export function rawCase(
  options: RawOptions,
  seed: number,
  tile = 64,
): ReturnType<typeof rawCompiled> & { shard: Batch } {
  const random = lcg(seed);
  const compiled = rawCompiled(options, random);
  return { ...compiled, shard: rawShard(compiled, tile, random) };
}

/** The smallest circuit of one map. */
export const small = { widths: [3, 2], primeBits: [30] };

/** Reads as the source does, then tells about it. */
export function watched<Source extends BatchSource>(source: Source, onRead: () => void): Source {
  return {
    ...source,
    readTiles(primeIndex, tile, target) {
      source.readTiles(primeIndex, tile, target);
      onRead();
    },
  };
}

/** Blocks the thread. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

export async function storedShard(
  shard: Batch,
): Promise<AsyncDisposable & { readonly file: BatchFile; readonly path: string; readonly bytes: Uint8Array }> {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'shard');
  const bytes = shardBytes(shard);
  await writeFile(path, bytes);
  const file = openBatchFile(path, sha256Hex(bytes));
  return {
    file,
    path,
    bytes,
    async [Symbol.asyncDispose]() {
      file[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
