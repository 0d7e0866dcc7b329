import { describe, expect, it } from '@jest/globals';
import { sha256Hex } from '@ciphernet/foundation';
import {
  assertSecure,
  createParameters,
  parametersDigest,
  parametersFromJson,
  parametersToJson,
  securityOfParameters,
} from '../src/ckks-parameters.js';

describe('security', () => {
  it.each([
    [4096, [28, 28, 28], 22, true],
    [4096, [28, 28, 28], 23, false],
    [8192, [30, 30, 30, 30, 30, 30], 30, true],
    [8192, [30, 30, 30, 30, 30, 30, 30], 30, false],
    [2048, [30], 20, false],
  ])('of N = %i with %j + %i bits is held against the bound', (N, data, special, secure) => {
    const parameters = createParameters(N, data, special);
    const check = (): void => assertSecure(parameters, 'test');
    if (secure) expect(check).not.toThrow();
    else expect(check).toThrow(/over the 128-bit bound/);
  });

  it('digests tell parameter sets apart', () => {
    const digests = [
      createParameters(4096, [28, 28], 30),
      createParameters(8192, [28, 28], 30),
      createParameters(4096, [28, 28], 29),
    ].map(parametersDigest);
    expect(new Set(digests).size).toBe(3);
  });

  it('is of dimension N in both rings: twice the degree that SEAL computes in buys nothing', () => {
    for (const [bits, secure] of [
      [[30, 30, 30, 30, 30, 30], true],
      [[30, 30, 30, 30, 30, 30, 30], false],
    ] as const) {
      const parameters = createParameters(8192, bits, 30, 'conjugate-invariant');
      expect(securityOfParameters(parameters)).toMatchObject({ bits: secure ? 128 : 0, maxLogQP: 214 });
    }
  });

  it('the standard ring is not named in a digest or in JSON: what was made before there were two is found again', () => {
    const standard = createParameters(4096, [28, 28], 30);
    const { ring: _ring, ...before } = standard;
    expect(parametersToJson(standard)).toEqual(before);
    expect(parametersFromJson(before, 'test')).toEqual(standard);
    expect(parametersDigest(standard)).toBe(
      sha256Hex(`ckks N=4096 q=${before.primes.join(',')} p=${before.specialPrime}`),
    );
  });

  it('the conjugate-invariant ring is, and has primes of its own', () => {
    const invariant = createParameters(4096, [28, 28], 30, 'conjugate-invariant');
    expect(parametersFromJson(parametersToJson(invariant), 'test')).toEqual(invariant);
    expect(parametersDigest(invariant)).not.toBe(parametersDigest({ ...invariant, ring: 'standard' }));
    const prime = invariant.primes.find((p) => p % 16_384 !== 1);
    expect(prime).toBeUndefined();
    // 1 modulo 2N = 8192, not modulo 4N.
    const json = { ...invariant, primes: [268_369_921 - 8192 * 2], ring: 'conjugate-invariant' };
    expect(() => parametersFromJson(json, 'test')).toThrow(/1 modulo 16384/);
  });

  it.each([
    ['a composite modulus', { ringDegree: 4096, primes: [8192 * 9 + 1], specialPrime: 1073643521 }, /not a prime/],
    ['a repeated prime', { ringDegree: 4096, primes: [1073643521], specialPrime: 1073643521 }, /twice/],
    ['a strange ring', { ringDegree: 5000, primes: [1073643521], specialPrime: 1073692673 }, /ringDegree/],
    ['no data prime', { ringDegree: 4096, primes: [], specialPrime: 1073692673 }, /primes/],
  ])('refuses %s', (_name, json, message) => {
    expect(() => parametersFromJson(json, 'test')).toThrow(message);
  });
});
