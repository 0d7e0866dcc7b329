import { randomFillSync } from 'node:crypto';
import { elementAt } from '@ciphernet/foundation';
import { describe, expect, it } from '@jest/globals';
import { createEncryptionFixture } from './encryption-fixture.js';

const N = 8192;
const ROUNDS = 123;
const fixture = createEncryptionFixture(N, [30]);
const { kernels, layout, memory } = fixture;
const space = elementAt(layout.workspaces, 0);

/** C(42, 21 + k) / 2^42: the difference of two counts of 21 fair bits. */
function binomialProbability(k: number): number {
  let probability = 2 ** -42;
  for (let i = 0; i < 21 + k; i++) probability *= (42 - i) / (i + 1);
  return probability;
}

/** Σ (observed − expected)² / expected over classes; classes that expect under 25 are pooled. */
function chiSquare(counts: ReadonlyMap<number, number>, probability: (k: number) => number, total: number) {
  let [statistic, classes, pooled, pooledExpected] = [0, 0, 0, 0];
  for (let k = -21; k <= 21; k++) {
    const expected = total * probability(k);
    const observed = counts.get(k) ?? 0;
    if (expected < 25) [pooled, pooledExpected] = [pooled + observed, pooledExpected + expected];
    else [statistic, classes] = [statistic + (observed - expected) ** 2 / expected, classes + 1];
  }
  if (pooledExpected > 0)
    [statistic, classes] = [statistic + (pooled - pooledExpected) ** 2 / pooledExpected, classes + 1];
  return { statistic, degrees: classes - 1 };
}

/** Six standard deviations above the mean of χ²: a right sampler is above once in some 10^7 runs. */
const limitOf = (degrees: number): number => degrees + 6 * Math.sqrt(2 * degrees) + 12;

describe('errors', () => {
  const [first, second] = [space.small[0], space.small[1]];
  const counts = [new Map<number, number>(), new Map<number, number>()];
  let [sum, squares, products] = [0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    randomFillSync(new Uint8Array(memory.buffer, space.random, 12 * N));
    kernels.centredBinomials(space.random, first, second, N);
    const pair = [fixture.i32(first), fixture.i32(second)];
    for (let i = 0; i < N; i++) {
      pair.forEach((values, which) => {
        const value = elementAt(values, i);
        const map = elementAt(counts, which);
        map.set(value, (map.get(value) ?? 0) + 1);
        sum += value;
        squares += value * value;
      });
      products += elementAt(elementAt(pair, 0), i) * elementAt(elementAt(pair, 1), i);
    }
  }
  const total = ROUNDS * N;

  it('are centred binomial of 21 bits, over a million each', () => {
    for (const map of counts) {
      const { statistic, degrees } = chiSquare(map, binomialProbability, total);
      expect(degrees).toBeGreaterThan(20);
      expect(statistic).toBeLessThan(limitOf(degrees));
    }
    expect(Math.abs(sum / (2 * total))).toBeLessThan(6 * Math.sqrt(10.5 / (2 * total)));
    expect(squares / (2 * total)).toBeCloseTo(10.5, 0);
    expect(Math.abs(squares / (2 * total) - 10.5)).toBeLessThan(0.1);
  });

  it('of one draw do not know of each other', () => {
    expect(Math.abs(products / total)).toBeLessThan((6 * 10.5) / Math.sqrt(total));
  });

  it('take each random bit once: flipping it changes one of the two, by one', () => {
    const words = new Uint32Array(memory.buffer, space.random, 3 * N).fill(0);
    const used = new Map<string, number>();
    for (let plane = 0; plane < 3; plane++) {
      for (let bit = 0; bit < 32; bit++) {
        words[plane * N] = 2 ** bit;
        kernels.centredBinomials(space.random, first, second, N);
        const key = `${fixture.i32(first)[0] ?? NaN} ${fixture.i32(second)[0] ?? NaN}`;
        used.set(key, (used.get(key) ?? 0) + 1);
        words[plane * N] = 0;
      }
    }
    expect(Object.fromEntries(used)).toEqual({ '1 0': 21, '-1 0': 21, '0 1': 21, '0 -1': 21, '0 0': 12 });
  });
});

describe('ternary coefficients', () => {
  it('are uniform in −1, 0, 1 and reject the byte 255', () => {
    const bytes = new Uint8Array(memory.buffer, space.random, 256);
    for (let i = 0; i < 256; i++) bytes[i] = i;
    expect(kernels.ternary(space.random, 256, space.small[0], N)).toBe(255);
    const counts = [0, 0, 0];
    for (const value of fixture.i32(space.small[0], 255)) counts[value + 1] = (counts[value + 1] ?? 0) + 1;
    expect(counts).toEqual([85, 85, 85]);
  });

  it('stop at as many as are asked for', () => {
    new Uint8Array(memory.buffer, space.random, 64).fill(1);
    fixture.i32(space.small[0]).fill(7);
    expect(kernels.ternary(space.random, 64, space.small[0], 10)).toBe(10);
    expect([...fixture.i32(space.small[0], 12)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 7]);
  });
});
