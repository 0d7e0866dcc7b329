import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inverseModulo, multiplyModulo, powerModulo, residueOf } from '../src/modular.js';
import { PRIME_BOUND, isPrime } from '../src/primes.js';

/** The first prime at or below a number. */
function primeBelow(n: number): number {
  let p = n;
  while (!isPrime(p)) p--;
  return p;
}

const primes = fc.oneof(
  fc.integer({ min: 2, max: 200 }).map(primeBelow),
  fc.integer({ min: 3, max: PRIME_BOUND - 1 }).map(primeBelow),
  fc.integer({ min: PRIME_BOUND - 10_000, max: PRIME_BOUND - 1 }).map(primeBelow),
);

/** A prime and residues of it, the ends of the range often. */
const withResidues = (count: number): fc.Arbitrary<[number, number[]]> =>
  primes.chain((p) => {
    const residue = fc.oneof(fc.constantFrom(0, 1, p - 1, p >> 1), fc.integer({ min: 0, max: p - 1 }));
    return fc.tuple(
      fc.constant(p),
      fc.array(
        residue.map((value) => value % p),
        { minLength: count, maxLength: count },
      ),
    );
  });

const powerByDefinition = (base: bigint, exponent: number, p: bigint): bigint => {
  let result = 1n % p;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % p;
    if (bit === '1') result = (result * base) % p;
  }
  return result;
};

describe('arithmetic modulo a prime', () => {
  it('multiplies as big integers do', () => {
    fc.assert(
      fc.property(withResidues(2), ([p, [a = 0, b = 0]]) => {
        expect(multiplyModulo(a, b, p)).toBe(Number((BigInt(a) * BigInt(b)) % BigInt(p)));
      }),
      { numRuns: 5000 },
    );
  });

  it('multiplies exactly at the largest modulus, 2^30, next to multiples of it', () => {
    for (let a = PRIME_BOUND - 300; a < PRIME_BOUND; a++) {
      for (const b of [1, 2, 3, PRIME_BOUND / 2, PRIME_BOUND - 1, PRIME_BOUND - 2]) {
        expect(multiplyModulo(a, b, PRIME_BOUND)).toBe(Number((BigInt(a) * BigInt(b)) % BigInt(PRIME_BOUND)));
      }
    }
  });

  it('raises to powers as big integers do', () => {
    fc.assert(
      fc.property(withResidues(1), fc.integer({ min: 0, max: 2 ** 31 }), ([p, [base = 0]], exponent) => {
        expect(BigInt(powerModulo(base, exponent, p))).toBe(powerByDefinition(BigInt(base), exponent, BigInt(p)));
      }),
      { numRuns: 1000 },
    );
  });

  it('inverts everything but zero', () => {
    fc.assert(
      fc.property(withResidues(1), ([p, [value = 0]]) => {
        fc.pre(value > 0);
        const inverse = inverseModulo(value, p);
        expect(inverse).toBeGreaterThan(0);
        expect(inverse).toBeLessThan(p);
        expect(multiplyModulo(value, inverse, p)).toBe(1);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes integers of any size and sign to the one residue that differs by a multiple', () => {
    fc.assert(
      fc.property(primes, fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (p, value) => {
        const residue = residueOf(value, p);
        expect(residue).toBeGreaterThanOrEqual(0);
        expect(residue).toBeLessThan(p);
        expect((value - BigInt(residue)) % BigInt(p)).toBe(0n);
      }),
      { numRuns: 1000 },
    );
  });
});
