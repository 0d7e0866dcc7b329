import { createCipheriv } from 'node:crypto';
import { elementAt } from '@ciphernet/foundation';
import type { BatchHeader } from './batch-header.js';

/** Bytes of the seed that the second components of a shard come from: a key of AES-256. */
export const SEED_BYTES = 32;

const BLOCK_BYTES = 16;
const BLOCK_WORDS = 4;

/** First byte of the counter behind the words of every tile: where a tile's own did not give enough. */
const EXTENSION = 0x80;
/** Blocks that are drawn at a time where a tile's own were too few. */
const EXTENSION_BLOCKS = 16;

/** Deviations of the number of rejected words that are drawn beforehand: part of the format, since pieces of the stream follow each other. */
const SPARE_DEVIATIONS = 8;

/** What the second component of a shard stands in. */
interface MaskLayout extends Pick<BatchHeader, 'primes' | 'tile' | 'ciphertexts'> {
  readonly ringDegree: number;
}

/** Bits of a prime: as many as are drawn for a residue below it. */
const bitsOf = (prime: number): number => 32 - Math.clz32(prime);

/** AES blocks that each tile of a prime has of the stream: enough for its residues and for those that are rejected. */
function blocksPerTile(residues: number, prime: number, deviations: number): number {
  const accepted = prime / 2 ** bitsOf(prime);
  const rejected = residues / accepted - residues;
  const spare = Math.ceil(rejected + deviations * Math.sqrt(rejected)) + BLOCK_WORDS;
  return Math.max(1, Math.ceil((residues + spare) / BLOCK_WORDS));
}

/** Keystream from a block of the counter on. */
function keystream(seed: Uint8Array, extension: boolean, block: number, bytes: Uint8Array): Uint32Array {
  const counter = Buffer.alloc(BLOCK_BYTES);
  counter.writeBigUInt64BE(BigInt(block), 8);
  if (extension) counter[0] = EXTENSION;
  const stream = createCipheriv('aes-256-ctr', seed, counter).update(bytes);
  if (stream.byteOffset % 4 === 0) return new Uint32Array(stream.buffer, stream.byteOffset, stream.length / 4);
  return new Uint32Array(new Uint8Array(stream).buffer);
}

/**
 * Accepts words below the prime, in order.
 *
 * @param target takes them from `at` to `end`; never written beyond
 * @returns where the next one goes
 */
function accept(
  words: Uint32Array,
  from: number,
  to: number,
  prime: number,
  target: Uint32Array,
  at: number,
  end: number,
): number {
  const mask = 2 ** bitsOf(prime) - 1;
  let next = at;
  for (let i = from; i < to && next < end; i++) {
    const value = (words[i] ?? 0) & mask;
    target[next] = value;
    if (value < prime) next++;
  }
  return next;
}

/** Writes the second component of tiles of a shard. */
export interface MaskExpander {
  /**
   * @param tile the first of `count` neighbouring tiles of one prime
   * @param target takes tile k's residues, [ciphertext][coefficient], from `offset + k · stride` on
   */
  expand(primeIndex: number, tile: number, count: number, target: Uint32Array, offset: number, stride: number): void;
}

/**
 * The second component of symmetric ciphertexts: uniform residues from a seed, so that it need not be stored. Every tile has a piece
 * of the stream of AES-256 in counter mode of its own, so that an evaluator expands the tiles that it reads and an auditor single ones.
 * Words are taken little-endian, cut to the bits of the prime, and rejected where they are not below it (as SEAL samples, native/src/
 * seal/util/rlwe.cpp); what a tile lacks then comes from a second stream of its own.
 *
 * @param seed {@link SEED_BYTES} bytes, of this shard alone: two shards of one seed under one key give away the difference of their values
 * @param deviations other than the format's in tests: they make tiles run short
 */
export function createMaskExpander(seed: Uint8Array, layout: MaskLayout, deviations = SPARE_DEVIATIONS): MaskExpander {
  const residues = layout.ciphertexts * layout.tile;
  const tiles = layout.ringDegree / layout.tile;
  // Blocks of the primes before, so that no block serves two tiles.
  const firstBlock: number[] = [];
  let blocks = 0;
  for (const prime of layout.primes) {
    firstBlock.push(blocks);
    blocks += tiles * blocksPerTile(residues, prime, deviations);
  }
  let zeros = new Uint8Array(0);
  const zerosOf = (bytes: number): Uint8Array => {
    if (zeros.length < bytes) zeros = new Uint8Array(bytes);
    return zeros.subarray(0, bytes);
  };
  const extend = (primeIndex: number, tile: number, target: Uint32Array, at: number, end: number): void => {
    const prime = elementAt(layout.primes, primeIndex);
    // 2^32 blocks for each tile of a prime.
    const first = (primeIndex * tiles + tile) * 2 ** 32;
    for (let next = at, block = 0; next < end; block += EXTENSION_BLOCKS) {
      const words = keystream(seed, true, first + block, zerosOf(EXTENSION_BLOCKS * BLOCK_BYTES));
      next = accept(words, 0, words.length, prime, target, next, end);
    }
  };
  return {
    expand(primeIndex, tile, count, target, offset, stride) {
      const prime = elementAt(layout.primes, primeIndex);
      const perTile = blocksPerTile(residues, prime, deviations);
      const first = elementAt(firstBlock, primeIndex) + tile * perTile;
      const words = keystream(seed, false, first, zerosOf(count * perTile * BLOCK_BYTES));
      for (let k = 0; k < count; k++) {
        const at = offset + k * stride;
        const from = k * perTile * BLOCK_WORDS;
        const next = accept(words, from, from + perTile * BLOCK_WORDS, prime, target, at, at + residues);
        if (next < at + residues) extend(primeIndex, tile + k, target, next, at + residues);
      }
    },
  };
}
