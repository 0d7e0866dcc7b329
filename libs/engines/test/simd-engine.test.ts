import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Batch,
  type BatchHeader,
  batchSource,
  batchToBytes,
  openBatchFile,
  rowOffset,
} from '@ciphernet/artifacts';
import { createParameters, parametersDigest } from '@ciphernet/ckks';
import {
  type CompiledCircuit,
  type IntegerMap,
  type QuantisedCircuit,
  calibrate,
  deriveScales,
  lower,
} from '@ciphernet/compiler';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { engineNamed } from '../src/engines.js';
import { sealEngine } from '../src/seal/engine.js';
import { simdEngine } from '../src/wasm/engine.js';
import { MAX_WEIGHT_SUM_SQUARED } from '../src/wasm/kernels.js';
import { layOnRows } from '../src/wasm/layout.js';
import { createOwner, measureError, planForTest } from './encrypted-circuit.js';
import { exactOutputs } from './exact-reference.js';
import { lcg, randomNetwork, shapes } from './random-circuit.js';

/** Of weights with 10 bits, the most that a compiled circuit may hold. */
const MOST = 511;

/** A circuit of sparse random blocks with the given weights, planned without regard to precision: residues only. */
function rawCompiled(
  widths: readonly number[],
  primeBits: readonly number[],
  rescales: readonly number[],
  random: () => number,
  extreme: boolean,
): CompiledCircuit {
  const parameters = createParameters(1024, primeBits, 30);
  const maps = widths.slice(1).map((outputs, m): IntegerMap => {
    const inputs = widths[m] ?? 1;
    const blocks: IntegerMap['blocks'][number][] = [];
    for (let from = 0; from < outputs;) {
      const count = Math.min(outputs - from, 1 + Math.floor(random() * 6));
      const own = Array.from({ length: inputs }, (_, i) => i).filter(() => random() < 0.7);
      const weight = (): number =>
        extreme ? (random() < 0.5 ? -MOST : MOST) : Math.floor(random() * (2 * MOST + 1)) - MOST;
      blocks.push({
        outputs: Array.from({ length: count }, (_, i) => from + i),
        inputs: own,
        weights: Int16Array.from({ length: count * own.length }, weight),
      });
      from += count;
    }
    return { inputs, outputs, blocks, bias: Float64Array.from({ length: outputs }, () => random() - 0.5), scale: 100 };
  });
  const circuit: QuantisedCircuit = { name: 'raw', maps };
  const steps = maps.map((_, m) => ({ weightScale: 100, rescales: rescales[m] ?? 0 }));
  const scales = deriveScales(parameters.primes, 2 ** 10, steps);
  return {
    circuit,
    transform: { crop: 0, mean: 1 },
    plan: {
      parameters,
      mode: 'public',
      inputScale: 2 ** 10,
      maps: scales.map(({ before, after }, m) => ({
        weightBits: 8,
        weightScale: 100,
        rescales: rescales[m] ?? 0,
        scaleBefore: before,
        scaleAfter: after,
        headroomBits: 1,
      })),
      resultPrimes: scales.at(-1)?.primesLeft ?? 1,
      resultScale: scales.at(-1)?.after ?? 1,
      predictedError: { deviation: 0, bound: 0 },
      roundingDeviation: 0,
    },
  };
}

/** A shard of arbitrary residues, extreme ones among them: engines do not care whether anything was encrypted. */
function rawShard(compiled: CompiledCircuit, tile: number, random: () => number): Batch {
  const { parameters, inputScale } = compiled.plan;
  const header: BatchHeader = {
    version: 1,
    kind: 'shard',
    parametersDigest: parametersDigest(parameters),
    keyFingerprint: 'e'.repeat(64),
    ringDegree: 1024,
    primes: parameters.primes,
    ciphertexts: compiled.circuit.maps[0]?.inputs ?? 0,
    components: 2,
    tile,
    images: 1,
    scale: inputScale,
    wordBits: 32,
    bodyDigest: '0'.repeat(64),
  };
  const perPrime = header.ciphertexts * 2 * 1024;
  const residues = new Uint32Array(perPrime * header.primes.length);
  residues.forEach((_, i) => {
    const p = header.primes[Math.floor(i / perPrime)] ?? 1;
    const special = [0, 1, p - 1, (p - 1) / 2, (p + 1) / 2];
    const pick = random();
    residues[i] = pick < 0.25 ? (special[Math.floor(pick * 20)] ?? 0) : Math.floor(random() * p);
  });
  return { header, residues };
}

describe('the simd engine', () => {
  it('gives the residues of the exact reference on random circuits, primes and extreme values', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 2, maxLength: 4 }),
        fc.array(fc.integer({ min: 21, max: 30 }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(16, 64, 1024),
        fc.boolean(),
        fc.integer({ min: 1, max: 2 ** 31 }),
        async (widths, primeBits, tile, extreme, seed) => {
          const random = lcg(seed);
          const compiled = rawCompiled(widths, primeBits, [], random, extreme);
          const shard = rawShard(compiled, tile, random);
          const result = await simdEngine.evaluate(compiled, batchSource(shard));
          for (let prime = 0; prime < primeBits.length; prime++) {
            for (const coefficient of [0, 1, 15, 16, 63, 64, 511, 1022, 1023]) {
              exactOutputs(compiled, shard, prime, coefficient).forEach((outputs, component) =>
                outputs.forEach((value, output) => {
                  const at = rowOffset(result.header, prime, 0, output, component) + coefficient;
                  expect(result.residues[at]).toBe(Number(value));
                }),
              );
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives the seal engine’s residues bit for bit, rescales included', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.constantFrom<[number[], number[]]>(
          [
            [5, 4, 3],
            [0, 1],
          ],
          [
            [5, 6, 4, 3],
            [0, 1, 1],
          ],
          [
            [7, 5, 3],
            [1, 1],
          ],
          [
            [6, 5, 4, 2],
            [0, 2, 0],
          ],
          [[4, 3], [2]],
        ),
        async (seed, [widths, rescales]) => {
          const random = lcg(seed);
          const compiled = rawCompiled(widths, [27, 30, 29, 30], rescales, random, false);
          const shard = rawShard(compiled, 64, random);
          const simd = await simdEngine.evaluate(compiled, batchSource(shard));
          const seal = await sealEngine.evaluate(compiled, batchSource(shard));
          expect(simd.header).toEqual(seal.header);
          expect(Buffer.compare(Buffer.from(simd.residues.buffer), Buffer.from(seal.residues.buffer))).toBe(0);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('gives the same residues on any number of threads', async () => {
    await using folder = await temporaryFolder();
    const random = lcg(77);
    const compiled = rawCompiled([30, 12, 8, 5], [30, 29, 30], [0, 1, 0], random, false);
    const shard = rawShard(compiled, 64, random);
    const { bodyDigest: _unset, ...header } = shard.header;
    const path = join(folder.path, 'shard');
    await writeFile(path, batchToBytes(header, shard.residues));
    using file = openBatchFile(path);
    // Helper threads load built code, so the built engine it is.
    const engine = engineNamed('simd');
    const one = await engine.evaluate(compiled, file, { threads: 1 });
    for (const threads of [2, 3]) {
      const many = await engine.evaluate(compiled, file, { threads });
      expect(Buffer.compare(Buffer.from(many.residues.buffer), Buffer.from(one.residues.buffer))).toBe(0);
    }
  });

  it('decrypts to the quantised circuit within the predicted error', async () => {
    await using owner = await createOwner(createParameters(1024, [30, 30, 30, 30], 30));
    await fc.assert(
      fc.asyncProperty(shapes, async (s) => {
        const random = lcg(s.seed);
        const circuit = lower(randomNetwork(s, random));
        const features = Float32Array.from({ length: 7 * s.side * s.side }, random);
        const { largest, predicted } = await measureError(owner, simdEngine, circuit, features, 7);
        expect(largest).toBeLessThan(predicted.bound);
      }),
      {
        numRuns: 15,
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
  });

  it('stops between tiles when it is cancelled, and reports progress that never falls', async () => {
    const random = lcg(5);
    const compiled = rawCompiled([40, 30, 10], [30, 30, 30], [0, 0], random, false);
    const shard = batchSource(rawShard(compiled, 16, random));
    const controller = new AbortController();
    controller.abort();
    await expect(simdEngine.evaluate(compiled, shard, { signal: controller.signal })).rejects.toThrow(/abort/i);
    const seen: number[] = [];
    await simdEngine.evaluate(compiled, shard, { onProgress: (fraction) => seen.push(fraction) });
    expect(seen.at(-1)).toBe(1);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
  });

  it('refuses a residue that is not below its prime', async () => {
    const random = lcg(6);
    const compiled = rawCompiled([3, 2], [30], [0], random, false);
    const shard = rawShard(compiled, 64, random);
    shard.residues[777] = compiled.plan.parameters.primes[0] ?? 0;
    await expect(simdEngine.evaluate(compiled, batchSource(shard))).rejects.toThrow(
      /residue of \d+ is not below its prime/,
    );
  });

  it.each([
    ['other parameters', { parametersDigest: 'f'.repeat(64) }, /other parameters/],
    ['another scale', { scale: 3 }, /the shard's scale is 3/],
    ['other features', { ciphertexts: 9 }, /9 features, the circuit reads 3/],
    ['fewer primes', { primes: [] }, /all data primes/],
    ['results instead of features', { kind: 'result' as const }, /not a fresh shard/],
  ])('refuses a shard with %s', async (_name, change, message) => {
    const random = lcg(6);
    const compiled = rawCompiled([3, 2], [30], [0], random, false);
    const shard = rawShard(compiled, 64, random);
    const wrong = { ...shard, header: { ...shard.header, ...change } };
    for (const engine of [simdEngine, sealEngine]) {
      await expect(engine.evaluate(compiled, batchSource(wrong))).rejects.toThrow(message);
    }
  });
});

describe('the accumulators', () => {
  const mapOf = (inputs: number, weight: number): IntegerMap => ({
    inputs,
    outputs: 4,
    scale: 1,
    bias: new Float64Array(4),
    blocks: [
      {
        outputs: [0, 1, 2, 3],
        inputs: Array.from({ length: inputs }, (_, i) => i),
        weights: new Int16Array(4 * inputs).fill(weight),
      },
    ],
  });
  const rows = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);

  it('are never given more than their bound: a block one past it is split in two', () => {
    const fits = Math.floor(MAX_WEIGHT_SUM_SQUARED / 127 / 2) * 2;
    expect(layOnRows(mapOf(fits, 127), rows(fits), MAX_WEIGHT_SUM_SQUARED).blocks.length).toBe(1);
    const split = layOnRows(mapOf(fits + 2, 127), rows(fits + 2), MAX_WEIGHT_SUM_SQUARED).blocks;
    expect(split.map((block) => block.add)).toEqual([false, true]);
    expect(split.reduce((sum, block) => sum + block.pairRows.length, 0)).toBe((fits + 2) / 2);
  });

  it('are exact at their bound and beyond it, where the block is split', async () => {
    // 2 × 1,600 extreme weights on extreme residues: several splits, every sum at its limit.
    const random = lcg(8);
    const compiled = rawCompiled([1600, 3], [30], [0], random, true);
    const shard = rawShard(compiled, 16, random);
    const p = compiled.plan.parameters.primes[0] ?? 0;
    shard.residues.fill((p - 1) / 2);
    const result = await simdEngine.evaluate(compiled, batchSource(shard));
    exactOutputs(compiled, shard, 0, 0).forEach((outputs, component) =>
      outputs.forEach((value, output) =>
        expect(result.residues[rowOffset(result.header, 0, 0, output, component)]).toBe(Number(value)),
      ),
    );
  });

  it('refuse a weight pair that alone is beyond the bound', () => {
    expect(() => layOnRows(mapOf(2, 127), rows(2), 253)).toThrow(/beyond the accumulator/);
  });
});

describe('planning for tests', () => {
  it('finds a plan that both engines take', () => {
    const s = {
      side: 4,
      kernel: 2,
      stride: 1,
      padding: 'valid',
      filters: 2,
      hidden: 3,
      squares: 2,
      polynomial: true,
      seed: 3,
    } as const;
    const circuit = lower(randomNetwork(s, lcg(3)));
    const features = Float32Array.from({ length: 160 }, lcg(4));
    expect(
      planForTest(circuit, calibrate(circuit, features), createParameters(1024, [30, 30, 30, 30], 30), 1e9).plan.maps
        .length,
    ).toBe(3);
  });
});
