import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPrimes, isPrime } from '../src/primes.js';

describe('primes', () => {
  it('are those that SEAL makes of the same bit sizes', () => {
    // CoeffModulus.Create(8192, [30, 30, 30, 30, 30]) of node-seal 7.0.0
    expect(createPrimes(8192, [30, 30, 30, 30, 30])).toEqual([
      1073299457, 1073430529, 1073479681, 1073643521, 1073692673,
    ]);
  });

  it('are prime, of their size, and 1 modulo 2N', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1024, 4096, 8192, 16384),
        fc.array(fc.integer({ min: 24, max: 30 }), { minLength: 1, maxLength: 5 }),
        (N, bits) => {
          const moduli = createPrimes(N, bits);
          moduli.forEach((p, i) => {
            expect(isPrime(p)).toBe(true);
            expect(p % (2 * N)).toBe(1);
            expect(Math.ceil(Math.log2(p))).toBe(bits[i]);
          });
          expect(new Set(moduli).size).toBe(moduli.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('decide primality as trial division does', () => {
    const byDivision = (n: number): boolean => {
      for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
      return n > 1;
    };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), (n) => expect(isPrime(n)).toBe(byDivision(n))),
      { numRuns: 500 },
    );
    // A strong pseudoprime to base 2, one to the bases 2 and 7, a Carmichael number; and the largest prime below 2^30.
    expect([2047, 314_821, 561, 2 ** 30 - 35].map(isPrime)).toEqual([false, false, false, true]);
    // Larger ones are never called prime: 2^31 − 1 is.
    expect(isPrime(2 ** 31 - 1)).toBe(false);
  });

  it.each([[17], [31], [20.5]])('of %s bits are refused', (bits) => {
    expect(() => createPrimes(4096, [bits])).toThrow(/use 18 to 30 bits/);
  });
});
