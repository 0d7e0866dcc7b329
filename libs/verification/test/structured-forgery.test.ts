import { type Batch, rowOffset } from '@ciphernet/artifacts';
import { minimalRoot, powerModulo } from '@ciphernet/ring';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { positionsPerPrime } from '@ciphernet/compiler';
import { type EvaluatedShard, createEvaluatedShard, spotCheck } from './evaluated-shard.js';
import { reduce } from './lattice.js';

/** Dimension of the subring Z[Y], Y = X^(N/16), and the roots in it at which the forgery is not zero. */
const DIMENSION = 16;
const TOUCHED = 3;

const modulo = (value: bigint, by: bigint): bigint => ((value % by) + by) % by;

/** ψ^(N/16): a primitive 32nd root of one modulo the prime. */
const rootOf = (prime: number, ringDegree: number): number =>
  powerModulo(minimalRoot(prime, ringDegree), ringDegree / DIMENSION, prime);

/** Coefficients of Π (Y − root) modulo a prime, lowest first. */
function product(roots: readonly number[], prime: number): bigint[] {
  const p = BigInt(prime);
  return roots.reduce<bigint[]>(
    (poly, root) => {
      const next = [...poly.map(() => 0n), 0n];
      poly.forEach((coefficient, i) => {
        next[i + 1] = modulo((next[i + 1] ?? 0n) + coefficient, p);
        next[i] = modulo((next[i] ?? 0n) - coefficient * BigInt(root), p);
      });
      return next;
    },
    [1n],
  );
}

/** A short polynomial in Y that is zero at all but three of the sixteen roots, modulo every prime. */
function shortForgery(primes: readonly number[], ringDegree: number): bigint[] {
  const Q = primes.reduce((all, prime) => all * BigInt(prime), 1n);
  const generator = new Array<bigint>(DIMENSION - TOUCHED + 1).fill(0n);
  for (const prime of primes) {
    const root = rootOf(prime, ringDegree);
    const roots = Array.from({ length: DIMENSION }, (_, i) => powerModulo(root, 2 * i + 1, prime)).slice(TOUCHED);
    const others = Q / BigInt(prime);
    const inverse = BigInt(powerModulo(Number(others % BigInt(prime)), prime - 2, prime));
    product(roots, prime).forEach((coefficient, i) => {
      generator[i] = modulo((generator[i] ?? 0n) + coefficient * others * inverse, Q);
    });
  }
  const zeros = (count: number): bigint[] => new Array<bigint>(count).fill(0n);
  const basis = Array.from({ length: DIMENSION }, (_, i) => {
    if (i < DIMENSION - TOUCHED) return zeros(DIMENSION).map((_zero, j) => (i === j ? Q : 0n));
    const shift = i - (DIMENSION - TOUCHED);
    return [...zeros(shift), ...generator, ...zeros(TOUCHED - 1 - shift)];
  });
  const norm = (v: readonly bigint[]): bigint => v.reduce((sum, value) => sum + value * value, 0n);
  return reduce(basis).reduce((best, vector) => (norm(vector) < norm(best) ? vector : best));
}

/** Bit reversal: position k of a polynomial in NTT form is its value at ψ^(2·rev(k) + 1). */
function reversed(k: number, bits: number): number {
  let out = 0;
  for (let i = 0; i < bits; i++) out |= ((k >> i) & 1) << (bits - 1 - i);
  return out;
}

/** The honest result with the polynomial added to the first component of every output. @returns it and the share touched */
function addToResult(honest: Batch, polynomial: readonly bigint[]): { forged: Batch; share: number } {
  const { header } = honest;
  const residues = Uint32Array.from(honest.residues);
  const bits = Math.log2(header.ringDegree);
  let touched = 0;
  header.primes.forEach((prime, primeIndex) => {
    const root = rootOf(prime, header.ringDegree);
    const values = Array.from({ length: DIMENSION }, (_, i) => {
      const y = BigInt(powerModulo(root, 2 * i + 1, prime));
      const value = polynomial.reduceRight((sum, coefficient) => modulo(sum * y + coefficient, BigInt(prime)), 0n);
      return Number(value);
    });
    for (let k = 0; k < header.ringDegree; k++) {
      // Y at that position is ω^(2·rev(k) + 1), of which there are sixteen.
      const value = values[reversed(k, bits) % DIMENSION] ?? 0;
      if (value === 0) continue;
      touched++;
      for (let output = 0; output < header.ciphertexts; output++) {
        const at = rowOffset(header, primeIndex, 0, output, 0) + k;
        residues[at] = ((residues[at] ?? 0) + value) % prime;
      }
    }
  });
  return { forged: { header, residues }, share: touched / (header.primes.length * header.ringDegree) };
}

describe('a forgery found by lattice reduction in a subring', () => {
  let evaluated: EvaluatedShard;
  let forged: Batch;
  let share: number;
  beforeAll(async () => {
    evaluated = await createEvaluatedShard();
    const { honest } = evaluated;
    ({ forged, share } = addToResult(honest, shortForgery(honest.header.primes, honest.header.ringDegree)));
  });
  afterAll(async () => evaluated[Symbol.asyncDispose]());

  it('touches three sixteenths of the positions, changes values, and stays within the bound on all slots', () => {
    const { decryptor, honest, compiled } = evaluated;
    expect(share).toBeCloseTo(TOUCHED / DIMENSION, 2);
    const before = decryptor.decrypt(honest, 'honest');
    const after = decryptor.decrypt(forged, 'forged');
    const largest = before.values.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (after.values[i] ?? NaN))),
      0,
    );
    expect(largest).toBeGreaterThan(compiled.plan.predictedError.bound);
    // The bound alone stops nothing that is dense: this is why there is an audit.
    expect(after.largestSlot).toBeLessThan(compiled.plan.slotBound ?? 0);
  });

  it('is missed by one position a prime as often as derived, and by a whole audit never', () => {
    const runs = 400;
    const check = evaluated.check(forged, 1);
    let missed = 0;
    for (let i = 0; i < runs; i++) {
      try {
        spotCheck(check);
        missed++;
      } catch {
        // Found.
      }
    }
    const expected = (1 - share) ** 5;
    const deviation = Math.sqrt((expected * (1 - expected)) / runs);
    expect(Math.abs(missed / runs - expected)).toBeLessThanOrEqual(6 * deviation);
    const whole = evaluated.check(forged, positionsPerPrime(evaluated.compiled.plan));
    for (let i = 0; i < 200; i++) expect(() => spotCheck(whole)).toThrow(/not what the model gives/);
  });
});
