import { type Cipher, createCipheriv } from 'node:crypto';
import { elementAt } from '@ciphernet/foundation';
import type { RingExports } from '@ciphernet/ring';
import type { BatchHeader } from './batch-header.js';
import { threadKernels } from './thread-kernels.js';

/** Bytes of the seed that the second components of a shard come from: a key of AES-256. */
export const SEED_BYTES = 32;

/** Of AES, in 32-bit words: the residues that a block stands for. */
const BLOCK_WORDS = 4;
const BLOCK_BYTES = 16;
/** The word of a block's input that says how often a word of it was rejected; the two before it are the block's number. */
const ATTEMPT_WORD = 2;

/** What the second component of a shard stands in. */
interface MaskLayout extends Pick<BatchHeader, 'primes' | 'tile' | 'ciphertexts'> {
  readonly ringDegree: number;
}

/** Writes residues of the second component of a shard. */
export interface MaskExpander {
  /**
   * @param tile the first of `count` neighbouring tiles of one prime
   * @param target takes tile k's residues, [ciphertext][coefficient], from `offset + k · stride` on
   */
  expand(primeIndex: number, tile: number, count: number, target: Uint32Array, offset: number, stride: number): void;
  /** @param target takes the residues of `count` neighbouring ciphertexts by one prime, [tile][ciphertext][coefficient], from its beginning on */
  expandCiphertexts(primeIndex: number, first: number, count: number, target: Uint32Array): void;
}

/** Blocks that are expanded together: `runs` of them, each `length` neighbours. */
interface Blocks {
  readonly prime: number;
  readonly first: number;
  readonly runs: number;
  readonly length: number;
  /** From a run's first block to the next one's, and from its first residue's place to the next one's. */
  readonly step: number;
  readonly stride: number;
}

/** Bits of a prime: as many as are drawn for a residue below it. */
const maskOf = (prime: number): number => 2 ** (32 - Math.clz32(prime)) - 1;

/**
 * Blocks that are expanded at a time: inputs, words and the places of rejected ones stay in the second cache, and what a call costs
 * besides is shared by many.
 */
const MOST_BLOCKS = 8192;

/**
 * What the cipher makes of whole blocks, in `target`.
 *
 * Node allocates each output, and left to the collector they are pages that the kernel has to bring and take again, which stops every thread:
 * it doubled the time on two threads. Detached, an output's memory is what the next one gets.
 */
function encryptBlocks(cipher: Cipher, input: Uint8Array, target: Uint8Array): void {
  const output = cipher.update(input);
  target.set(output);
  const { buffer } = output;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === output.byteLength) buffer.transfer(0);
}

/** Bytes that blocks which are expanded together take. */
export const EXPANSION_BYTES = MOST_BLOCKS * BLOCK_BYTES;

/** Where blocks are expanded, by one thread at a time; pointers, {@link EXPANSION_BYTES} each. */
export interface ExpansionRoom {
  readonly kernels: Pick<RingExports, 'blockInputs' | 'cutWords'>;
  /** The whole memory. Targets in it are written without a copy where their rows are side by side. */
  readonly memory: () => Uint32Array;
  readonly inputs: number;
  readonly words: number;
  readonly rejected: number;
}

let room: ExpansionRoom | undefined;

function roomOfThread(): ExpansionRoom {
  if (room !== undefined) return room;
  const kernels = threadKernels();
  const inputs = kernels.allocate(EXPANSION_BYTES);
  const words = kernels.allocate(EXPANSION_BYTES);
  const rejected = kernels.allocate(EXPANSION_BYTES);
  return (room = { kernels, memory: () => kernels.u32(), inputs, words, rejected });
}

/**
 * The second component of symmetric ciphertexts: uniform residues from a seed, so that it need not be stored.
 *
 * Residue r of [prime][tile][ciphertext][coefficient] is word r mod 4, little-endian and cut to the bits of the prime, of the AES-256
 * block of (⌊r / 4⌋, attempt 0), under the seed as key: 64 bits of number, 32 of attempt, 32 zeros, little-endian. Where the word is not
 * below the prime it is rejected (as SEAL samples, native/src/seal/util/rlwe.cpp), and the same word of attempt 1 takes its place, and so
 * on. No two residues share bits, and each can be had without the others: an evaluator expands the tiles that it reads,
 * an auditor single ones, and the encryptor a few neighbouring ciphertexts over all tiles, without a second shard of memory for those in between.
 *
 * The inputs are those of a counter mode; they are spelled out, since counters of CTR cannot leap.
 *
 * @param seed {@link SEED_BYTES} bytes, of this shard alone: two shards of one seed under one key give away the difference of their values
 * @param expansionRoom by default that of the thread, whose expanders work one after another
 */
export function createMaskExpander(
  seed: Uint8Array,
  layout: MaskLayout,
  expansionRoom: () => ExpansionRoom = roomOfThread,
): MaskExpander {
  const { tile, ciphertexts } = layout;
  const tiles = layout.ringDegree / tile;
  const rowBlocks = tile / BLOCK_WORDS;
  const tileBlocks = ciphertexts * rowBlocks;
  const cipher = createCipheriv('aes-256-ecb', seed, null).setAutoPadding(false);

  /** Draws words again until they are residues. @param residues their numbers, for each of `places` of them in `drawn` */
  function drawAgain(prime: number, residues: readonly number[], places: Uint32Array, drawn: Uint32Array): void {
    const mask = maskOf(prime);
    let left = residues.map((_, i) => i);
    for (let attempt = 1; left.length > 0; attempt++) {
      const blocks = new Uint32Array(BLOCK_WORDS * left.length);
      left.forEach((i, at) => {
        const block = Math.floor(elementAt(residues, i) / BLOCK_WORDS);
        blocks[BLOCK_WORDS * at] = block;
        blocks[BLOCK_WORDS * at + 1] = Math.floor(block / 2 ** 32);
        blocks[BLOCK_WORDS * at + ATTEMPT_WORD] = attempt;
      });
      const bytes = new Uint8Array(blocks.buffer);
      encryptBlocks(cipher, bytes, bytes);
      left = left.filter((i, at) => {
        const value = elementAt(blocks, BLOCK_WORDS * at + (elementAt(residues, i) % BLOCK_WORDS)) & mask;
        drawn[elementAt(places, i)] = value;
        return value >= prime;
      });
    }
  }

  /** At most {@link MOST_BLOCKS} blocks. */
  function draw({ prime, first, runs, length, step, stride }: Blocks, target: Uint32Array, offset: number): void {
    const { kernels, memory, inputs, words, rejected } = expansionRoom();
    const width = length * BLOCK_WORDS;
    const count = runs * width;
    kernels.blockInputs(inputs, first, runs, length, step);
    const all = memory();
    const isInPlace = stride === width && target.buffer === all.buffer;
    const at = isInPlace ? target.byteOffset + 4 * offset : words;
    const bytes = (from: number): Uint8Array => new Uint8Array(all.buffer, from, 4 * count);
    encryptBlocks(cipher, bytes(inputs), bytes(at));
    const again = kernels.cutWords(at, count, prime, maskOf(prime), rejected);
    const drawn = all.subarray(at / 4, at / 4 + count);
    const places = all.subarray(rejected / 4, rejected / 4 + again);
    const residueAt = (index: number): number =>
      (first + Math.floor(index / width) * (step - length)) * BLOCK_WORDS + index;
    drawAgain(prime, Array.from(places, residueAt), places, drawn);
    if (isInPlace) return;
    if (stride === width) return target.set(drawn, offset);
    for (let run = 0; run < runs; run++)
      target.set(drawn.subarray(run * width, (run + 1) * width), offset + run * stride);
  }

  /** As many runs at a time as there is room for; of a longer one, pieces. */
  function drawAll(blocks: Blocks, target: Uint32Array, offset: number): void {
    const { first, runs, length, step, stride } = blocks;
    const together = Math.floor(MOST_BLOCKS / length);
    for (let run = 0; run < runs; run += Math.max(1, together)) {
      const start = { first: first + run * step, at: offset + run * stride };
      if (together > 0) draw({ ...blocks, first: start.first, runs: Math.min(together, runs - run) }, target, start.at);
      for (let from = 0; together === 0 && from < length; from += MOST_BLOCKS) {
        const piece = Math.min(MOST_BLOCKS, length - from);
        const alone = { ...blocks, first: start.first + from, runs: 1, length: piece, stride: piece * BLOCK_WORDS };
        draw(alone, target, start.at + from * BLOCK_WORDS);
      }
    }
  }

  return {
    expand(primeIndex, from, count, target, offset, stride) {
      const prime = elementAt(layout.primes, primeIndex);
      const first = (primeIndex * tiles + from) * tileBlocks;
      drawAll({ prime, first, runs: count, length: tileBlocks, step: tileBlocks, stride }, target, offset);
    },
    expandCiphertexts(primeIndex, first, count, target) {
      const prime = elementAt(layout.primes, primeIndex);
      const block = primeIndex * tiles * tileBlocks + first * rowBlocks;
      const length = count * rowBlocks;
      drawAll({ prime, first: block, runs: tiles, length, step: tileBlocks, stride: count * tile }, target, 0);
    },
  };
}
