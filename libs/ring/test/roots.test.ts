import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { powerModulo } from '../src/modular.js';
import { createPrimes, isPrime } from '../src/primes.js';
import { minimalRoot } from '../src/roots.js';

/** Of a power of two 2N, the elements of that order are those whose N-th power is −1. */
function smallestByTrial(prime: number, ringDegree: number): number {
  for (let root = 2; root < prime; root++) if (powerModulo(root, ringDegree, prime) === prime - 1) return root;
  return 0;
}

describe('the root of unity', () => {
  it('is the smallest one of order 2N, as trial of every number finds it', () => {
    for (const ringDegree of [8, 16, 64, 256]) {
      const step = 2 * ringDegree;
      for (let prime = step + 1; prime < 20_000; prime += step) {
        if (isPrime(prime))
          expect([prime, minimalRoot(prime, ringDegree)]).toEqual([prime, smallestByTrial(prime, ringDegree)]);
      }
    }
  });

  it('has order 2N exactly, for primes of every size', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(8, 1024, 4096, 8192, 32_768),
        fc.integer({ min: 21, max: 30 }),
        (ringDegree, bits) => {
          const prime = createPrimes(ringDegree, [bits])[0] ?? 0;
          const root = minimalRoot(prime, ringDegree);
          expect(powerModulo(root, ringDegree, prime)).toBe(prime - 1);
          expect(powerModulo(root, 2 * ringDegree, prime)).toBe(1);
          // Its inverse is one as well, so the smallest is below half.
          expect(root).toBeLessThan(prime / 2);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('is given again without another search', () => {
    expect(minimalRoot(12_289, 8)).toBe(minimalRoot(12_289, 8));
  });

  it('is refused where the prime is not 1 modulo 2N', () => {
    expect(() => minimalRoot(1_048_583, 8)).toThrow(new RangeError('1048583 has no root of order 16'));
  });
});
