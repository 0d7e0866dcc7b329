import { batchSource, rowOffset } from '@ciphernet/artifacts';
import type { IntegerMap } from '@ciphernet/compiler';
import { describe, expect, it } from '@jest/globals';
import { sealEngine } from '../src/seal/engine.js';
import { simdEngine } from '../src/wasm/engine.js';
import {
  BLOCK_BYTES,
  MAX_WEIGHT_SUM_PACKED,
  MAX_WEIGHT_SUM_SQUARED,
  PAIR_BYTES,
  SUM_BYTES,
  createKernels,
  vectorBits,
} from '../src/wasm/kernels.js';
import { layOnRows } from '../src/wasm/layout.js';
import { exactOutputs } from './exact-reference.js';
import { digestOf } from './golden.js';
import { lcg } from './random-circuit.js';
import { rawCompiled, rawShard } from './raw-circuit.js';

/** Of quantised weights. */
const MAX_WEIGHT = 511;

describe('the simd engine', () => {
  it('refuses primes below 2^20, which the seal engine takes', async () => {
    const random = lcg(6);
    const compiled = rawCompiled({ widths: [3, 2], primeBits: [20] }, random);
    const shard = rawShard(compiled, 64, random);
    await expect(simdEngine.evaluate(compiled, batchSource(shard))).rejects.toMatchObject({
      name: 'UnsupportedError',
      message: expect.stringMatching(/primes below 2\^20.*use the engine seal/),
    });
    expect((await sealEngine.evaluate(compiled, batchSource(shard))).header.kind).toBe('result');
  });

  it('gives the same whatever the tile of the shard is', async () => {
    const digests = await Promise.all(
      [16, 128, 1024].map(async (tile) => {
        const random = lcg(9);
        const compiled = rawCompiled({ widths: [6, 4, 2], primeBits: [30, 28] }, random);
        const shard = rawShard(compiled, tile, random);
        // The same polynomials in each tiling: coefficient c of feature f is a function of both.
        for (let prime = 0; prime < 2; prime++)
          for (let c = 0; c < 1024; c++)
            for (let f = 0; f < 6; f++)
              for (let k = 0; k < 2; k++)
                shard.residues[rowOffset(shard.header, prime, Math.floor(c / tile), f, k) + (c % tile)] =
                  (c * 7919 + f * 104_729 + k * 31) % 2 ** 24;
        return digestOf((await simdEngine.evaluate(compiled, batchSource(shard))).residues);
      }),
    );
    expect(new Set(digests).size).toBe(1);
  });
});

describe('the host and the kernels', () => {
  it('agree on what both have to know', () => {
    const names = ['blockBytes', 'pairBytes', 'sumBytes', 'maxWeightSumPacked', 'maxWeightSumSquared'] as const;
    const kernels = createKernels() as unknown as Readonly<Record<(typeof names)[number], () => number>>;
    expect(names.map((name) => kernels[name]())).toEqual([
      BLOCK_BYTES,
      PAIR_BYTES,
      SUM_BYTES,
      MAX_WEIGHT_SUM_PACKED,
      MAX_WEIGHT_SUM_SQUARED,
    ]);
  });
});

describe('the product in vectors of 256 bits', () => {
  /** Two are multiplied together, the third alone. */
  const GROUPS = 3;

  /** Outputs of 4 × `pairs` pair rows at three groups of four coefficients, digits and weights at the ends of their ranges. */
  function outputsOf(isWide: boolean, pairs: number, seed: number): Int32Array {
    const random = lcg(seed);
    const kernels = createKernels(isWide);
    const at = (bytes: number): number => kernels.allocate(bytes);
    const [modulus, runs, block, weights, bias, packed, out, sums] = [
      16,
      8,
      BLOCK_BYTES,
      16 * pairs,
      32,
      PAIR_BYTES * pairs * GROUPS,
      64 * GROUPS,
      SUM_BYTES,
    ].map(at);
    kernels.modulusInit(modulus ?? 0, 1_073_692_673);
    const [words, halves] = [kernels.i32(), kernels.i16()];
    const ends = (most: number): number => (random() < 0.5 ? -most : most);
    for (let i = 0; i < 8 * pairs; i++) halves[(weights ?? 0) / 2 + i] = ends(MAX_WEIGHT);
    for (let i = 0; i < 16 * pairs * GROUPS; i++) halves[(packed ?? 0) / 2 + i] = ends(2 ** 14);
    for (let i = 0; i < 8; i++) words[(bias ?? 0) / 4 + i] = ends(2 ** 14);
    words.set([0, PAIR_BYTES * pairs], (runs ?? 0) / 4);
    words.set([runs ?? 0, 1, weights ?? 0, 1, bias ?? 0, 0, 0, 0], (block ?? 0) / 4);
    kernels.gemm(block ?? 0, 1, packed ?? 0, PAIR_BYTES * pairs, GROUPS, out ?? 0, 16, 64, modulus ?? 0, 1, sums ?? 0);
    return words.slice((out ?? 0) / 4, (out ?? 0) / 4 + 16 * GROUPS);
  }

  it.each([1, 2, 3, 64, 127])('has the words of the usual one, %d pair rows', (pairs) => {
    for (let seed = 1; seed <= 20; seed++) {
      const usual = outputsOf(false, pairs, seed);
      expect(outputsOf(true, pairs, seed)).toEqual(usual);
      expect(usual.some((word) => word !== 0)).toBe(true);
    }
  });

  it('is there on this project’s own Node', () => {
    const isOwn = Number(process.versions.node.split('.')[0]) >= 24 && process.arch === 'x64';
    expect(vectorBits()).toBe(isOwn ? 256 : 128);
  });
});

describe('columns of single positions', () => {
  // Lengths beyond whole vectors too: 13 features have 26 values in a column.
  it.each([1, 4, 26, 40])('are taken out of a tile and laid side by side as they are, %d values each', (words) => {
    const random = lcg(words);
    const kernels = createKernels();
    const [tile, columns, into] = [16 * words, 16 * words, 16 * words].map((bytes) => kernels.allocate(bytes));
    const memory = kernels.u32();
    const values = Uint32Array.from({ length: 4 * words }, () => random() * 2 ** 32);
    memory.set(values, (tile ?? 0) / 4);
    for (let x = 0; x < 4; x++) kernels.takeColumn(tile ?? 0, 4, x, words, (columns ?? 0) + 4 * words * x);
    const taken = memory.slice((columns ?? 0) / 4, (columns ?? 0) / 4 + 4 * words);
    expect([...taken]).toEqual(Array.from(taken, (_, i) => values[4 * (i % words) + Math.floor(i / words)]));
    kernels.interleaveFour(columns ?? 0, words, into ?? 0);
    expect(memory.slice((into ?? 0) / 4, (into ?? 0) / 4 + 4 * words)).toEqual(values);
  });
});

describe('the accumulators', () => {
  const mapOf = (inputs: number, weight: number): IntegerMap => ({
    inputs,
    outputs: 4,
    scale: 1,
    bias: new Float64Array(4),
    blocks: [
      {
        outputs: [0, 1, 2, 3],
        inputs: Array.from({ length: inputs }, (_, i) => i),
        weights: new Int16Array(4 * inputs).fill(weight),
      },
    ],
  });
  const rows = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);

  it('are never given more than their bound: a block one past it is split in two', () => {
    const fits = Math.floor(MAX_WEIGHT_SUM_SQUARED / 127 / 2) * 2;
    expect(layOnRows(mapOf(fits, 127), rows(fits), MAX_WEIGHT_SUM_SQUARED).blocks.length).toBe(1);
    const split = layOnRows(mapOf(fits + 2, 127), rows(fits + 2), MAX_WEIGHT_SUM_SQUARED).blocks;
    expect(split.map((block) => block.add)).toEqual([false, true]);
    expect(split.reduce((sum, block) => sum + block.pairRows.length, 0)).toBe((fits + 2) / 2);
  });

  it('are exact at their bound and beyond it, where the block is split', async () => {
    // 2 × 1,600 extreme weights on extreme residues: several splits, every sum at its limit.
    const random = lcg(8);
    const compiled = rawCompiled({ widths: [1600, 3], primeBits: [30], extreme: true }, random);
    const shard = rawShard(compiled, 16, random);
    const p = compiled.plan.parameters.primes[0] ?? 0;
    shard.residues.fill((p - 1) / 2);
    const result = await simdEngine.evaluate(compiled, batchSource(shard));
    exactOutputs(compiled, shard, 0, 0).forEach((outputs, component) =>
      outputs.forEach((value, output) =>
        expect(result.residues[rowOffset(result.header, 0, 0, output, component)]).toBe(Number(value)),
      ),
    );
  });

  it('refuse a weight pair that alone is beyond the bound', () => {
    expect(() => layOnRows(mapOf(2, 127), rows(2), 253)).toThrow(/beyond the accumulator/);
  });
});
