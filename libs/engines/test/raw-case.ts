import type { Batch, BatchSource } from '@ciphernet/artifacts';
import { it } from '@jest/globals';
import { lcg } from './random-circuit.js';
import { type RawOptions, rawCompiled, rawShard } from './raw-circuit.js';

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
    readTile(primeIndex, tile, target) {
      source.readTile(primeIndex, tile, target);
      onRead();
    },
  };
}
