import { describe, expect, it } from '@jest/globals';
import { assertSecure, createParameters, parametersDigest, parametersFromJson } from '../src/ckks-parameters.js';

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

  it.each([
    ['a composite modulus', { ringDegree: 4096, primes: [8192 * 9 + 1], specialPrime: 1073643521 }, /not a prime/],
    ['a repeated prime', { ringDegree: 4096, primes: [1073643521], specialPrime: 1073643521 }, /twice/],
    ['a strange ring', { ringDegree: 5000, primes: [1073643521], specialPrime: 1073692673 }, /ringDegree/],
    ['no data prime', { ringDegree: 4096, primes: [], specialPrime: 1073692673 }, /primes/],
  ])('refuses %s', (_name, json, message) => {
    expect(() => parametersFromJson(json, 'test')).toThrow(message);
  });
});
