import { type Batch, type BatchHeader, batchSource, pairValues, rowOffset } from '@ciphernet/artifacts';
import { RING_NAMES, componentsAfter, createParameters } from '@ciphernet/ckks';
import { lower } from '@ciphernet/compiler';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Engine } from '../src/engine.js';
import { createOwner, measureError } from './encrypted-circuit.js';
import { exactOutputs } from './exact-reference.js';
import { RECORDED, digestOf, goldenCircuit, goldenShard } from './golden.js';
import { lcg, randomNetwork, shapes } from './random-circuit.js';
import { pause, rawCase, small, storedShard, watched } from './raw-case.js';
import type { RawOptions, rawCompiled } from './raw-circuit.js';
import { describeThreads } from './thread-conformance.js';

export interface ConformanceOptions {
  /** An engine that is known to be right, for what the exact reference leaves out: rescales. */
  readonly reference?: Engine;
  /** Random circuits of each kind. */
  readonly runs: number;
}

const seeds = fc.integer({ min: 1, max: 2 ** 31 });

/** Coefficients that the exact reference works out: the ends of tiles and of the polynomial. */
const COEFFICIENTS = [0, 1, 15, 16, 63, 64, 511, 1022, 1023];

function expectExact(compiled: ReturnType<typeof rawCompiled>, shard: Batch, result: Batch): void {
  result.header.primes.forEach((_, prime) => {
    for (const coefficient of COEFFICIENTS) {
      const found = exactOutputs(compiled, shard, prime, coefficient).map((outputs, component) =>
        outputs.map((_value, output) =>
          BigInt(result.residues[rowOffset(result.header, prime, 0, output, component) + coefficient] ?? -1),
        ),
      );
      expect(found).toEqual(exactOutputs(compiled, shard, prime, coefficient));
    }
  });
}

/** What every engine promises. */
export function describeEngine(engine: Engine, options: ConformanceOptions): void {
  describe(`the engine ${engine.name}`, () => {
    it('declares its name, a version that carries its code’s, and what it can do', () => {
      expect(engine.name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(engine.version).toMatch(/ [0-9a-f]{8}( |$)/);
      expect(engine.capabilities.maxThreads).toBeGreaterThanOrEqual(1);
      expect(new Set(['memory', 'file', ...engine.capabilities.sharedSources]).size).toBe(2);
    });

    it.each(RECORDED)(
      'gives the recorded residues of the $network under $mode encryption, $ring ring',
      async (golden) => {
        const { compiled } = goldenCircuit(golden);
        const batch = await engine.evaluate(compiled, batchSource(goldenShard(compiled)));
        expect(digestOf(batch.residues)).toBe(golden.residues);
        if (golden.paired !== undefined) expect(digestOf(pairValues(batch).residues)).toBe(golden.paired);
      },
    );

    it('gives the residues of the exact reference on random circuits, primes and extreme values', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 2, maxLength: 4 }),
          fc.array(fc.integer({ min: 21, max: 30 }), { minLength: 1, maxLength: 3 }),
          fc.constantFrom(4, 16, 64, 1024),
          fc.boolean(),
          seeds,
          async (widths, primeBits, tile, extreme, seed) => {
            const { shard, ...compiled } = rawCase({ widths, primeBits, extreme }, seed, tile);
            expectExact(compiled, shard, await engine.evaluate(compiled, batchSource(shard)));
          },
        ),
        { numRuns: options.runs },
      );
    });

    it('is exact where every residue and every weight is the largest', async () => {
      for (const pick of [(p: number) => p - 1, (p: number) => (p - 1) / 2, (p: number) => (p + 1) / 2]) {
        const { shard, ...compiled } = rawCase({ widths: [24, 12, 3], primeBits: [30, 21], extreme: true }, 8);
        for (const map of compiled.circuit.maps) for (const block of map.blocks) block.weights.fill(511);
        const perPrime = shard.residues.length / 2;
        shard.header.primes.forEach((p, i) => shard.residues.fill(pick(p), i * perPrime, (i + 1) * perPrime));
        expectExact(compiled, shard, await engine.evaluate(compiled, batchSource(shard)));
      }
    });

    it('says what its result is: parameters, key and images of the shard, the plan’s primes and scale', async () => {
      const { shard, ...compiled } = rawCase({ widths: [4, 3, 2], primeBits: [27, 30], rescales: [0, 1] }, 3);
      const { header, residues } = await engine.evaluate(compiled, batchSource(shard));
      expect(header).toEqual({
        ...shard.header,
        kind: 'result',
        primes: shard.header.primes.slice(0, 1),
        ciphertexts: 2,
        components: componentsAfter(1),
        tile: 1024,
        scale: compiled.plan.resultScale,
      });
      expect(residues.length).toBe(2 * componentsAfter(1) * 1024);
    });

    const { reference } = options;
    if (reference !== undefined) {
      it(`gives the residues of ${reference.name} bit for bit, rescales included`, async () => {
        await fc.assert(
          fc.asyncProperty(
            seeds,
            fc.constantFrom<Pick<RawOptions, 'widths' | 'rescales'>>(
              { widths: [5, 4, 3], rescales: [0, 1] },
              { widths: [5, 6, 4, 3], rescales: [0, 1, 1] },
              { widths: [7, 5, 3], rescales: [1, 1] },
              { widths: [6, 5, 4, 2], rescales: [0, 2, 0] },
              { widths: [4, 3], rescales: [2] },
            ),
            fc.constantFrom(...RING_NAMES),
            async (seed, shape, ring) => {
              const { shard, ...compiled } = rawCase({ ...shape, ring, primeBits: [27, 30, 29, 30] }, seed);
              const own = await engine.evaluate(compiled, batchSource(shard));
              const other = await reference.evaluate(compiled, batchSource(shard));
              expect(own.header).toEqual(other.header);
              expect(digestOf(own.residues)).toBe(digestOf(other.residues));
            },
          ),
          { numRuns: options.runs },
        );
      });
    }

    it.each(RING_NAMES)(
      'decrypts to the quantised circuit within the predicted error on random circuits, %s ring',
      async (ring) => {
        // Insecure on purpose: a small ring makes room for many cases; the noise formulas hold at any degree.
        await using owner = await createOwner(createParameters(1024, [30, 30, 30, 30], 30, ring));
        await fc.assert(
          fc.asyncProperty(shapes, async (s) => {
            const random = lcg(s.seed);
            const circuit = lower(randomNetwork(s, random));
            const features = Float32Array.from({ length: 7 * s.side * s.side }, random);
            const { largest, predicted } = await measureError(owner, engine, circuit, features, 7);
            expect(largest).toBeLessThan(predicted.bound);
          }),
          {
            numRuns: Math.ceil(options.runs / 2),
            // Logits below 1/2, whose scale once exceeded the modulus.
            examples: [
              [
                {
                  side: 5,
                  kernel: 1,
                  stride: 2,
                  padding: 'valid',
                  filters: 1,
                  hidden: 1,
                  squares: 2,
                  polynomial: true,
                  seed: 11,
                },
              ],
            ],
          },
        );
      },
    );

    it.each<[string, Partial<BatchHeader>, RegExp]>([
      ['other parameters', { parametersDigest: 'f'.repeat(64) }, /other parameters/],
      ['another degree', { ringDegree: 2048 }, /other parameters/],
      ['another ring', { ring: 'conjugate-invariant' }, /other parameters/],
      ['another scale', { scale: 3 }, /the shard's scale is 3/],
      ['other features', { ciphertexts: 9 }, /9 features, the circuit reads 3/],
      ['fewer primes', { primes: [] }, /all data primes/],
      ['results instead of features', { kind: 'result' }, /not a fresh shard/],
      ['the components of a square', { components: 3 }, /not a fresh shard/],
    ])('refuses a shard with %s', async (_name, change, message) => {
      const { shard, ...compiled } = rawCase(small, 6);
      const wrong = { ...shard, header: { ...shard.header, ...change } };
      const evaluation = engine.evaluate(compiled, batchSource(wrong));
      await expect(evaluation).rejects.toMatchObject({
        name: 'IntegrityError',
        message: expect.stringMatching(message),
      });
    });

    it.each([
      ['its prime', (prime: number) => prime],
      ['the largest word', () => 2 ** 32 - 1],
    ])('refuses a residue that is %s, wherever it stands', async (_name, value) => {
      for (const from of [0, 777, -1]) {
        const { shard, ...compiled } = rawCase({ ...small, primeBits: [30, 29] }, 6);
        const at = from < 0 ? shard.residues.length - 1 : from;
        const prime = shard.header.primes[from < 0 ? 1 : 0] ?? 0;
        shard.residues[at] = value(prime);
        await expect(engine.evaluate(compiled, batchSource(shard))).rejects.toMatchObject({
          name: 'IntegrityError',
          message: expect.stringMatching(/residue of \d+ is not below its prime/),
        });
      }
    });

    it('stops when it is cancelled, before it starts and on the way', async () => {
      const { shard, ...compiled } = rawCase({ widths: [40, 30, 10], primeBits: [30, 30, 30] }, 5, 16);
      const before = AbortSignal.abort();
      await expect(engine.evaluate(compiled, batchSource(shard), { signal: before })).rejects.toThrow(/abort/i);
      const controller = new AbortController();
      const source = watched(batchSource(shard), () => controller.abort());
      await expect(engine.evaluate(compiled, source, { signal: controller.signal })).rejects.toMatchObject({
        name: 'AbortError',
      });
    });

    it('reports progress that never falls and ends at 1', async () => {
      const { shard, ...compiled } = rawCase({ widths: [40, 30, 10], primeBits: [30, 30, 30] }, 5, 16);
      const seen: number[] = [];
      // Every read takes a moment, so that there is progress on the way.
      const slow = watched(batchSource(shard), () => pause(2));
      await engine.evaluate(compiled, slow, { onProgress: (fraction) => seen.push(fraction) });
      expect(seen.length).toBeGreaterThan(1);
      expect([...seen].sort((a, b) => a - b)).toEqual(seen);
      expect(seen[0]).toBeGreaterThanOrEqual(0);
      expect(seen.at(-1)).toBe(1);
    });

    it('gives the same from a file as from memory', async () => {
      const { shard, ...compiled } = rawCase({ widths: [9, 5, 3], primeBits: [30, 27], rescales: [0, 1] }, 12);
      await using stored = await storedShard(shard);
      const fromFile = await engine.evaluate(compiled, stored.file);
      stored.file.verify();
      expect(digestOf(fromFile.residues)).toBe(
        digestOf((await engine.evaluate(compiled, batchSource(shard))).residues),
      );
    });

    if (engine.capabilities.maxThreads > 1) describeThreads(engine);
  });
}
