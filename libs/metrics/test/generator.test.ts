import { describe, expect, it } from '@jest/globals';
import { fillWords, resample, splitMix64, stateOf } from '../src/generator.js';

describe('the generator', () => {
  it('spreads seeds as SplitMix64 does', () => {
    const next = splitMix64(1234567n);
    expect([next(), next(), next(), next(), next()]).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
  });

  it('draws the words of xoshiro128**, over several fills', () => {
    const state = Uint32Array.of(1, 2, 3, 4);
    const [first, second] = [new Uint32Array(4), new Uint32Array(6)];
    fillWords(state, first);
    fillWords(state, second);
    expect([...first, ...second]).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it('takes as many examples as there are, each as often as any other', () => {
    const [weights, words] = [new Uint32Array(50), new Uint32Array(50)];
    const totals = new Float64Array(50);
    const state = stateOf(9);
    for (let r = 0; r < 2000; r++) {
      resample(state, weights, words);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(50);
      weights.forEach((weight, i) => (totals[i]! += weight));
    }
    // Pearson's statistic of 49 degrees of freedom: beyond 99 once in 40,000 seeds.
    const statistic = totals.reduce((sum, total) => sum + (total - 2000) ** 2 / 2000, 0);
    expect(statistic).toBeLessThan(99);
    expect(statistic).toBeGreaterThan(20);
  });

  it('has other words for every seed, up to the largest whole number', () => {
    const firsts = [0, 1, 2, 2 ** 32, 2 ** 53 - 1].map((seed) => {
      const words = new Uint32Array(1);
      fillWords(stateOf(seed), words);
      return words[0];
    });
    expect(new Set(firsts).size).toBe(5);
  });
});
