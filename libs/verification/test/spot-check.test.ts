import { randomInt } from 'node:crypto';
import { type Batch, rowOffset, sampleOfResult } from '@ciphernet/artifacts';
import { MISS_BITS, gapBits, missLog2, positionsPerPrime } from '@ciphernet/compiler';
import { engineNamed } from '@ciphernet/engines';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { samplePositions } from '../src/sample.js';
import { type EvaluatedShard, compiledFor, createEvaluatedShard, spotCheck } from './evaluated-shard.js';

const WRONG = /not what the model gives/;

/** Changes one residue at each of `positions` positions of the chosen primes and component. */
function forge(honest: Batch, positions: number, primes: readonly number[], component: number): Batch {
  const residues = Uint32Array.from(honest.residues);
  const { header } = honest;
  for (const primeIndex of primes) {
    const prime = header.primes[primeIndex]!;
    const chosen = new Set<number>();
    while (chosen.size < positions) chosen.add(randomInt(header.ringDegree));
    for (const x of chosen) {
      const at = rowOffset(header, primeIndex, 0, 1, component) + x;
      residues[at] = (residues[at]! + 1 + randomInt(prime - 1)) % prime;
    }
  }
  return { header, residues };
}

describe.each([
  ['standard', 'public'],
  ['conjugate-invariant', 'public'],
  ['conjugate-invariant', 'symmetric'],
] as const)('in the %s ring, with the %s key', (ring, mode) => {
  let evaluated: EvaluatedShard;
  beforeAll(async () => {
    evaluated = await createEvaluatedShard(ring, mode);
  });
  afterAll(async () => evaluated[Symbol.asyncDispose]());

  describe('an audit', () => {
    it('refuses a shard whose header gives another seed for its second components, or the list of another shard', () => {
      const check = evaluated.check(evaluated.honest, 8);
      expect(() => spotCheck({ ...check, shard: { ...check.shard, seed: '0'.repeat(64) } })).toThrow(/of another/);
      expect(() => spotCheck({ ...check, positionList: check.positionList.subarray(16) })).toThrow(/of another/);
    });

    it('accepts every honest result: 10,000 audits of one position a prime, and full ones', () => {
      const { honest } = evaluated;
      const single = evaluated.check(honest, 1);
      for (let i = 0; i < 10_000; i++) spotCheck(single);
      const full = evaluated.check(honest, positionsPerPrime(evaluated.compiled.plan));
      for (let i = 0; i < 20; i++) expect(() => spotCheck(full)).not.toThrow();
    });

    it('accepts what SEAL’s own evaluator gives', async () => {
      const result = await engineNamed('seal').evaluate(evaluated.compiled, evaluated.shard);
      expect(() => spotCheck(evaluated.check(result, 64))).not.toThrow();
    });

    it('agrees with the whole evaluation at every position', () => {
      const { honest } = evaluated;
      let next = 0;
      // Every position of every prime, in order: draws are this counter.
      const all = { ...evaluated.check(honest, 1024), draw: () => next++ % 1024 };
      expect(() => spotCheck(all)).not.toThrow();
      expect(next).toBe(5 * 1024);
    });

    it.each([16, 256, 1024])('misses a forgery of %i positions of one prime as often as it draws none of them', (m) => {
      const t = 4;
      const runs = 150;
      let missed = 0;
      for (let i = 0; i < runs; i++) {
        const check = evaluated.check(forge(evaluated.honest, m, [2], i % 5), t);
        try {
          spotCheck(check);
          missed++;
        } catch (error) {
          expect(String(error)).toMatch(WRONG);
        }
      }
      const expected = (1 - m / 1024) ** t;
      const deviation = Math.sqrt((expected * (1 - expected)) / runs);
      expect(Math.abs(missed / runs - expected)).toBeLessThanOrEqual(6 * deviation);
    });

    it.each([
      ['one component of every prime, everywhere', 0],
      ['the last component, everywhere', 4],
    ])('refuses a forgery of %s', (_name, component) => {
      const check = evaluated.check(forge(evaluated.honest, 1024, [0, 1, 2, 3, 4], component), 1);
      expect(() => spotCheck(check)).toThrow(WRONG);
    });

    it('refuses another model: one flipped weight, and what an older one would give', async () => {
      const { parameters, compiled } = evaluated;
      for (const flip of [0.05, -0.3]) {
        const other = compiledFor(parameters, compiled.plan.inputScale, flip);
        const { header, residues } = await evaluated.evaluate(other);
        const posed = { header: { ...header, scale: compiled.plan.resultScale }, residues };
        expect(() => spotCheck(evaluated.check(posed, 1))).toThrow(WRONG);
      }
    });

    it('is of no result that lacks a prime or the positions', () => {
      const { positions, values } = samplePositions(evaluated.check(evaluated.honest, 2));
      const { result } = evaluated.check(evaluated.honest, 2);
      expect(sampleOfResult(result, positions)).toBe(values);
      expect(sampleOfResult(result, positions.slice(1))).toBeUndefined();
      expect(sampleOfResult(result, [...positions.slice(1), [1024]])).toBeUndefined();
    });

    it('finds a position of the shard that its owner did not encrypt', () => {
      const check = evaluated.check(evaluated.honest, 64);
      const list = Uint8Array.from(check.positionList);
      for (let i = 0; i < list.length; i += 16) list[i] = (list[i] ?? 0) ^ 1;
      expect(() => spotCheck({ ...check, positionList: list })).toThrow(/not what its owner encrypted/);
    });
  });

  describe('the number of positions', () => {
    it('is the least that misses a forgery with probability below 2^-38, and 64 do at a gap of 12 bits', () => {
      const { plan } = evaluated.compiled;
      const needed = positionsPerPrime(plan);
      expect(missLog2(plan, needed)).toBeLessThanOrEqual(-MISS_BITS);
      expect(missLog2(plan, needed - 1)).toBeGreaterThan(-MISS_BITS);
      expect(gapBits(plan)).toBeGreaterThanOrEqual(12);
      expect(needed).toBeLessThanOrEqual(64);
      const { slotBound: _none, ...unverifiable } = plan;
      expect(() => positionsPerPrime(unverifiable)).toThrow(/not verifiable/);
    });
  });

  describe('the bound on all slots', () => {
    it('holds for every slot of an honest result, unused and imaginary ones too', () => {
      const { honest, decryptor, compiled } = evaluated;
      const { largestSlot } = decryptor.decrypt(honest, 'test');
      expect(largestSlot).toBeLessThan(compiled.plan.slotBound ?? 0);
    });

    it.each([1, 16, 64])('is left by every forgery of %i positions of each prime, in any component', (m) => {
      const { honest, decryptor, compiled } = evaluated;
      // Below the least share that a forgery within the bound must change: 12 of 150 bits are 8 %.
      expect(m / 1024).toBeLessThan(gapBits(compiled.plan) / 150);
      for (let i = 0; i < 10; i++) {
        const { largestSlot } = decryptor.decrypt(forge(honest, m, [0, 1, 2, 3, 4], i % 5), 'test');
        expect(largestSlot).toBeGreaterThan(compiled.plan.slotBound ?? Infinity);
      }
    });
  });
});
