import { createCipheriv, createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createParameters } from '@ciphernet/ckks';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { batchToBytes } from '../src/batch-bytes.js';
import { openBatchFile, parseBatch, readBatch } from '../src/batch-file.js';
import { bodyBytes } from '../src/batch-layout.js';
import { checkList, positionDigests } from '../src/position-digests.js';
import { rowOffset } from '../src/residues.js';
import { createMaskExpander } from '../src/seeded-mask.js';
import { shardHeader } from '../src/shard-header.js';

const SEED = Uint8Array.from({ length: 32 }, (_, i) => i);
// The second prime is half of a power of two and a little: nearly every second word is rejected.
const layout = { primes: [1_073_692_673, 557_057], ringDegree: 1024, tile: 16, ciphertexts: 7 };
const TILES = layout.ringDegree / layout.tile;
const WORDS = layout.ciphertexts * layout.tile;

/** A prime's whole second component, tiles taken `together` at a time. */
function whole(primeIndex: number, together: number, seed = SEED): Uint32Array {
  const expander = createMaskExpander(seed, layout);
  const target = new Uint32Array(TILES * WORDS);
  for (let tile = 0; tile < TILES; tile += together) {
    expander.expand(primeIndex, tile, together, target, tile * WORDS, WORDS);
  }
  return target;
}

/** Residue number r of [prime][tile][ciphertext][coefficient], as the format says it, one at a time. */
function residue(r: number, prime: number): number {
  const bits = Math.ceil(Math.log2(prime));
  for (let attempt = 0; ; attempt++) {
    const input = Buffer.alloc(16);
    input.writeBigUInt64LE(BigInt(Math.floor(r / 4)));
    input.writeUInt32LE(attempt, 8);
    const block = createCipheriv('aes-256-ecb', SEED, null).setAutoPadding(false).update(input);
    const value = block.readUInt32LE(4 * (r % 4)) % 2 ** bits;
    if (value < prime) return value;
  }
}

const sha256 = (words: Uint32Array): string =>
  createHash('sha256').update(new Uint8Array(words.buffer)).digest('hex').slice(0, 16);

describe('a second component from a seed', () => {
  it('is the recorded one', () => {
    expect([sha256(whole(0, TILES)), sha256(whole(1, TILES))]).toEqual(['2e8626eacfdf9ad3', 'd8aad0303f6d5883']);
  });

  it('is residue by residue what the format says', () => {
    layout.primes.forEach((prime, primeIndex) => {
      const expected = Array.from({ length: 900 }, (_, i) => residue(primeIndex * TILES * WORDS + i, prime));
      expect([...whole(primeIndex, TILES).subarray(0, 900)]).toEqual(expected);
    });
  });

  it('is the same however many tiles are expanded at a time, and another for every seed, prime and tile', () => {
    for (const primeIndex of [0, 1]) {
      const all = whole(primeIndex, TILES);
      expect(whole(primeIndex, 1)).toEqual(all);
      expect(whole(primeIndex, 8)).toEqual(all);
      expect(whole(primeIndex, TILES, SEED.toReversed())).not.toEqual(all);
      const tiles = Array.from({ length: TILES }, (_, tile) => all.subarray(tile * WORDS, (tile + 1) * WORDS).join());
      expect(new Set(tiles).size).toBe(TILES);
    }
    const [one, other] = [whole(0, TILES), whole(1, TILES)];
    expect(one.some((word, i) => word === other[i])).toBe(false);
  });

  it('is the same for neighbouring ciphertexts over all tiles', () => {
    const expander = createMaskExpander(SEED, layout);
    for (const [primeIndex, first, count] of [
      [0, 0, 1],
      [1, 4, 3],
      [1, 6, 1],
      [0, 1, 4],
    ] as const) {
      const rows = new Uint32Array(TILES * layout.tile * count);
      expander.expandCiphertexts(primeIndex, first, count, rows);
      const all = whole(primeIndex, TILES);
      const expected = Array.from({ length: TILES }, (_, tile) => {
        const from = tile * WORDS + first * layout.tile;
        return [...all.subarray(from, from + count * layout.tile)];
      });
      expect([...rows]).toEqual(expected.flat());
    }
  });

  it('is uniform below its prime', () => {
    layout.primes.forEach((prime, primeIndex) => {
      const bins = new Float64Array(32);
      let count = 0;
      let largest = 0;
      for (let s = 0; s < 30; s++) {
        for (const word of whole(primeIndex, TILES, createHash('sha256').update(`${s}`).digest())) {
          largest = Math.max(largest, word);
          const bin = Math.floor((32 * word) / prime);
          bins[bin] = (bins[bin] ?? 0) + 1;
          count++;
        }
      }
      // Of 430,080 words in all: asked once, since a question to Jest takes longer than a word.
      expect(largest).toBeLessThan(prime);
      const expected = count / 32;
      const chiSquared = bins.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
      // 31 degrees of freedom: below 10 and above 66 with a probability of some 2·10^−4; the seeds are fixed.
      expect(chiSquared).toBeGreaterThan(10);
      expect(chiSquared).toBeLessThan(66);
    });
  });
});

describe('a shard with a seed', () => {
  const parameters = createParameters(1024, [30, 28], 30);
  const header = shardHeader({
    parameters,
    keyFingerprint: 'b'.repeat(64),
    ciphertexts: 5,
    images: 500,
    tile: 16,
    scale: 2 ** 20,
    seed: SEED,
  });
  const stored = Uint32Array.from({ length: 2 * 5 * 1024 }, (_, i) => (i * 2_654_435_761) % 250_000_000);
  const bytes = batchToBytes(header, stored);

  it('is half as long, and reads as both components, whole and tile by tile, from memory and from a file', async () => {
    const { seed: _seed, ...rest } = header;
    const plain = { ...rest, version: 3 } as const;
    expect(2 * bodyBytes(header)).toBe(bodyBytes(plain));
    const batch = parseBatch(bytes, 'test');
    expect(batch.header).toEqual(plain);
    const expander = createMaskExpander(SEED, plain);
    for (const primeIndex of [0, 1]) {
      for (const tile of [0, 5, 63]) {
        const mask = new Uint32Array(80);
        expander.expand(primeIndex, tile, 1, mask, 0, 80);
        const at = rowOffset(batch.header, primeIndex, tile, 0, 0);
        const from = (primeIndex * 64 + tile) * 80;
        expect(batch.residues.subarray(at, at + 80)).toEqual(stored.subarray(from, from + 80));
        expect(batch.residues.subarray(at + 80, at + 160)).toEqual(mask);
      }
    }
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'shard');
    await writeFile(path, bytes);
    using file = openBatchFile(path, createHash('sha256').update(bytes).digest('hex'));
    expect(file.seed).toBe(header.seed);
    expect(file.header).toEqual(plain);
    expect(readBatch(file, 'test').residues).toEqual(batch.residues);
    file.verify();
    const two = new Uint32Array(2 * 160);
    file.readTiles(1, 6, two);
    const at = rowOffset(plain, 1, 6, 0, 0);
    expect(two).toEqual(batch.residues.subarray(at, at + 320));
  });

  it('has its seed in the list of positions, so that nobody can put another one into the header', () => {
    const { seed = '', ...plain } = header;
    const list = positionDigests(header, stored);
    expect(() => checkList(list, { header: plain, seed })).not.toThrow();
    for (const shard of [{ header: plain, seed: '0'.repeat(64) }, { header: plain }]) {
      expect(() => checkList(list, shard)).toThrow(/list of positions is of another/);
    }
    expect(() => checkList(positionDigests(plain, new Uint32Array(4 * 5 * 1024)), { header: plain, seed })).toThrow(
      /of another/,
    );
  });

  it.each([
    ['a result', { kind: 'result' }, /of a fresh shard only/],
    ['three components', { components: 3 }, /of a fresh shard only/],
    ['a seed that is none', { seed: 'abc' }, /seed/],
    ['the version of another expansion', { version: 3 }, /version: is of another version/],
  ])('is refused with %s', (_name, change, message) => {
    const wrong = { ...header, ...change } as typeof header;
    expect(() => parseBatch(batchToBytes(wrong, stored), 'test')).toThrow(message);
  });
});
