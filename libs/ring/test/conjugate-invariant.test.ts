import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPrimes } from '../src/primes.js';
import { createTestRing, residues } from './ring-fixture.js';

const seeds = fc.integer({ min: 1, max: 2 ** 31 });

/** s_0 + Σ s_i (X^i − X^(2N−i)) as the 2N coefficients that it has in Z_p[X]/(X^2N + 1). */
function embed(values: readonly number[], prime: number): number[] {
  const N = values.length;
  return Array.from({ length: 2 * N }, (_, i) => {
    if (i < N) return values[i] ?? 0;
    const mirrored = i === N ? 0 : (values[2 * N - i] ?? 0);
    return mirrored === 0 ? 0 : prime - mirrored;
  });
}

describe('the transform of the conjugate-invariant ring', () => {
  it.each([8, 16, 32, 64, 256, 1024, 4096, 8192])(
    'of %i coefficients is the first half of that of twice the degree, whose other half mirrors it',
    (ringDegree) => {
      const ring = createTestRing(ringDegree, 'conjugate-invariant');
      const twice = createTestRing(2 * ringDegree);
      for (const prime of createPrimes(2 * ringDegree, [21, 26, 30, 30])) {
        const [own, wide] = [ring.prepare(prime), twice.prepare(prime)];
        fc.assert(
          fc.property(seeds, (seed) => {
            const values = residues(ringDegree, prime, seed);
            const transformed = ring.forward(values, own);
            const whole = twice.forward(embed(values, prime), wide);
            expect(whole.slice(0, ringDegree)).toEqual(transformed);
            expect(whole.slice(ringDegree).reverse()).toEqual(transformed);
            expect(ring.inverse(transformed, own)).toEqual(values);
          }),
          { numRuns: 3 },
        );
      }
    },
  );

  it('turns products of values into elements of the ring again', () => {
    const ring = createTestRing(64, 'conjugate-invariant');
    const twice = createTestRing(128);
    const prime = createPrimes(128, [30])[0] ?? 0;
    const [own, wide] = [ring.prepare(prime), twice.prepare(prime)];
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a, b] = [residues(64, prime, seed), residues(64, prime, seed ^ 0x5555)];
        const times = (x: readonly number[], y: readonly number[]): number[] =>
          x.map((value, i) => Number((BigInt(value) * BigInt(y[i] ?? 0)) % BigInt(prime)));
        const product = ring.inverse(times(ring.forward(a, own), ring.forward(b, own)), own);
        const whole = times(twice.forward(embed(a, prime), wide), twice.forward(embed(b, prime), wide));
        expect(twice.inverse(whole, wide)).toEqual(embed(product, prime));
      }),
    );
  });

  it('divides by the last prime as twice the degree does', () => {
    const ring = createTestRing(64, 'conjugate-invariant');
    const twice = createTestRing(128);
    const [q = 0, p = 0] = createPrimes(128, [28, 30]);
    const rescale = (in_: typeof ring, last: readonly number[], limb: readonly number[]): number[] => {
      const [dropped, kept] = [in_.prepare(q), in_.prepare(p)];
      const [a, b, scratch] = [in_.reserve(), in_.reserve(), in_.reserve()];
      in_.write(a, in_.forward(last, dropped));
      in_.write(b, in_.forward(limb, kept));
      in_.kernels.rescaleLast(a, in_.logN, dropped.tables, dropped.modulus);
      in_.kernels.rescaleLimb(b, a, scratch, in_.logN, kept.tables, kept.modulus, q);
      return in_.inverse(in_.read(b), kept);
    };
    fc.assert(
      fc.property(seeds, (seed) => {
        const [last, limb] = [residues(64, q, seed), residues(64, p, seed + 1)];
        expect(rescale(twice, embed(last, q), embed(limb, p))).toEqual(embed(rescale(ring, last, limb), p));
      }),
      { numRuns: 20 },
    );
  });

  it('has no tables for a prime that is 1 modulo 2N but not modulo 4N', () => {
    expect(() => createTestRing(8, 'conjugate-invariant').prepare(1_048_721)).toThrow(/no root/);
    expect(createTestRing(8).prepare(1_048_721).prime).toBe(1_048_721);
  });
});
