import { describe, expect, it } from '@jest/globals';
import { createParameters } from '../src/ckks-parameters.js';
import { freshNoise, rescaleNoise } from '../src/noise.js';

const N = 8192;
const standard = createParameters(N, [30, 30], 30);
const invariant = createParameters(N, [30, 30], 30, 'conjugate-invariant');

describe('the noise of the conjugate-invariant ring', () => {
  it('is a bit more than the standard ring’s with the secret key, a bit and a half with the public one', () => {
    const bits = (mode: 'public' | 'symmetric'): number =>
      Math.log2(freshNoise(invariant, mode).mean / freshNoise(standard, mode).mean) / 2;
    expect(bits('symmetric')).toBeCloseTo(1, 2);
    expect(bits('public')).toBeCloseTo(1.5, 2);
  });

  it('has the variance 2N · (10.5 + 1/12), and what the division by the special prime adds', () => {
    expect(freshNoise(invariant, 'symmetric').mean).toBeCloseTo(2 * N * (10.5 + 1 / 12), 6);
    const special = (10.5 * (1 + (8 * N) / 3)) / invariant.specialPrime ** 2;
    expect(freshNoise(invariant, 'public').mean).toBeCloseTo(2 * N * (special + (2 + (4 * N) / 3) / 12), 3);
  });

  it('after a rescale of three components is 24 times the standard ring’s, of five 280 times', () => {
    const times = (components: number): number =>
      rescaleNoise(invariant, components).mean / rescaleNoise(standard, components).mean;
    expect(times(3)).toBeGreaterThan(23);
    expect(times(3)).toBeLessThan(25);
    expect(times(5)).toBeGreaterThan(270);
    expect(times(5)).toBeLessThan(290);
  });

  it('at the worst slot takes the square of the secret to be 28 times its mean, 16 in the standard ring', () => {
    const tail = (parameters: typeof standard): number =>
      freshNoise(parameters, 'public').worst / freshNoise(parameters, 'public').mean;
    expect(tail(invariant)).toBeGreaterThan(27.5);
    expect(tail(invariant)).toBeLessThan(28.5);
    expect(tail(standard)).toBeGreaterThan(15);
    expect(tail(standard)).toBeLessThan(16.5);
  });
});
