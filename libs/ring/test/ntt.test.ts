import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { powerModulo } from '../src/modular.js';
import { createPrimes } from '../src/primes.js';
import { minimalRoot } from '../src/roots.js';
import { createTestRing, residues } from './ring-fixture.js';

const seeds = fc.integer({ min: 1, max: 2 ** 31 });

/** a · b modulo X^N + 1 and p, by the definition. */
function negacyclicProduct(a: readonly number[], b: readonly number[], prime: number): number[] {
  const p = BigInt(prime);
  const sums = new Array<bigint>(a.length).fill(0n);
  a.forEach((x, i) =>
    b.forEach((y, j) => {
      const at = (i + j) % a.length;
      const product = BigInt(x) * BigInt(y);
      sums[at] = (sums[at] ?? 0n) + (i + j < a.length ? product : -product);
    }),
  );
  return sums.map((sum) => Number(((sum % p) + p) % p));
}

const reverseBits = (value: number, bits: number): number =>
  Number.parseInt([...value.toString(2).padStart(bits, '0')].reverse().join(''), 2);

describe('the number-theoretic transform', () => {
  it.each([8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192])(
    'of %i coefficients is undone by its inverse, for primes of every size',
    (ringDegree) => {
      const ring = createTestRing(ringDegree);
      for (const prime of createPrimes(ringDegree, [21, 24, 27, 30, 30]).map(ring.prepare)) {
        fc.assert(
          fc.property(seeds, (seed) => {
            const values = residues(ringDegree, prime.prime, seed);
            const transformed = ring.forward(values, prime);
            expect(transformed.every((value) => value < prime.prime)).toBe(true);
            expect(transformed).not.toEqual(values);
            expect(ring.inverse(transformed, prime)).toEqual(values);
          }),
          { numRuns: 3 },
        );
      }
    },
  );

  it.each([8, 16, 64])(
    'of %i coefficients gives the values at the odd powers of the root, bit-reversed',
    (ringDegree) => {
      const ring = createTestRing(ringDegree);
      for (const prime of createPrimes(ringDegree, [21, 30]).map(ring.prepare)) {
        const p = BigInt(prime.prime);
        const root = minimalRoot(prime.prime, ringDegree);
        const values = residues(ringDegree, prime.prime, ringDegree);
        const expected = values.map((_, i) => {
          const point = BigInt(powerModulo(root, 2 * reverseBits(i, ring.logN) + 1, prime.prime));
          return Number(values.reduceRight((sum, value) => (sum * point + BigInt(value)) % p, 0n));
        });
        expect(ring.forward(values, prime)).toEqual(expected);
      }
    },
  );

  it('turns products of polynomials modulo X^N + 1 into products of values', () => {
    for (const ringDegree of [8, 16, 32, 128]) {
      const ring = createTestRing(ringDegree);
      for (const prime of createPrimes(ringDegree, [21, 26, 30]).map(ring.prepare)) {
        fc.assert(
          fc.property(seeds, (seed) => {
            const a = residues(ringDegree, prime.prime, seed);
            const b = residues(ringDegree, prime.prime, seed ^ 0x5555);
            const other = ring.forward(b, prime);
            const values = ring
              .forward(a, prime)
              .map((value, i) => Number((BigInt(value) * BigInt(other[i] ?? 0)) % BigInt(prime.prime)));
            expect(ring.inverse(values, prime)).toEqual(negacyclicProduct(a, b, prime.prime));
          }),
          { numRuns: 5 },
        );
      }
    }
  });

  it('has no tables for a prime without a root of order 2N', () => {
    // 2^20 < 1048583 is prime and 7 modulo 16.
    expect(() => createTestRing(8).prepare(1_048_583)).toThrow(/no root/);
  });
});

describe('division by the last prime', () => {
  it('rounds to the nearest integer, for every other prime', () => {
    for (const ringDegree of [8, 64, 1024]) {
      const ring = createTestRing(ringDegree);
      const primes = createPrimes(ringDegree, [21, 28, 30, 30, 25]).map(ring.prepare);
      fc.assert(
        fc.property(seeds, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 4 }), (seed, i, distance) => {
          const dropped = primes[i]!;
          const kept = primes[(i + distance) % primes.length]!;
          const [q, p] = [BigInt(dropped.prime), BigInt(kept.prime)];
          // Integers below pq, one a coefficient, ends of the rounding's intervals among them.
          const quotients = residues(ringDegree, kept.prime, seed);
          const rests = residues(ringDegree, dropped.prime, seed + 1);
          const integers = quotients.map((quotient, k) => BigInt(quotient) * q + BigInt(rests[k] ?? 0));
          const [last, limb, scratch] = [ring.reserve(), ring.reserve(), ring.reserve()];
          ring.write(last, ring.forward(rests, dropped));
          const limbs = integers.map((value) => Number(value % p));
          ring.write(limb, ring.forward(limbs, kept));
          ring.kernels.rescaleLast(last, ring.logN, dropped.tables, dropped.modulus);
          ring.kernels.rescaleLimb(limb, last, scratch, ring.logN, kept.tables, kept.modulus, dropped.prime);
          const rounded = integers.map((value) => Number(((value + (q >> 1n)) / q) % p));
          expect(ring.inverse(ring.read(limb), kept)).toEqual(rounded);
        }),
        { numRuns: 20 },
      );
    }
  });

  it('leaves the last residues as coefficients plus half of their prime, ready for every other prime', () => {
    const ring = createTestRing(16);
    const [prime] = createPrimes(16, [29]).map(ring.prepare);
    const { tables, modulus, prime: q } = prime!;
    const rests = residues(16, q, 3);
    const last = ring.reserve();
    ring.write(last, ring.forward(rests, prime!));
    ring.kernels.rescaleLast(last, ring.logN, tables, modulus);
    expect(ring.read(last)).toEqual(rests.map((rest) => (rest + (q - 1) / 2) % q));
  });
});
