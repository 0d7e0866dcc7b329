import { type Batch, batchSource, shardHeader } from '@ciphernet/artifacts';
import { createParameters } from '@ciphernet/ckks';
import type { CompiledCircuit, IntegerMap } from '@ciphernet/compiler';
import { elementAt } from '@ciphernet/foundation';
import { simdEngine } from '../wasm/engine.js';

/** A circuit, a shard and the result that `simd` gives. */
export interface KnownAnswer {
  readonly compiled: CompiledCircuit;
  readonly shard: Batch;
  readonly residues: Uint32Array;
  /** What `simd` took on one core. */
  readonly seconds: number;
}

/** xorshift32 (Marsaglia 2003): the same numbers everywhere, 0 to 2^32 − 1. */
function numbers(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/** A dense map of weights in ±`most`, every one of whose bytes is used. */
function denseMap(inputs: number, outputs: number, most: number, next: () => number): IntegerMap {
  const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return {
    inputs,
    outputs,
    scale: 1,
    bias: Float64Array.from({ length: outputs }, () => next() - 2 ** 31),
    blocks: [
      {
        outputs: range(outputs),
        inputs: range(inputs),
        weights: Int16Array.from({ length: inputs * outputs }, () => (next() % (2 * most + 1)) - most),
      },
    ],
  };
}

/** What a test circuit is made of. */
export interface TestShape {
  /** Features, then the outputs of each map. */
  readonly widths: readonly number[];
  /** Largest |weight| of each map: 127, or more to reach the second digit. */
  readonly weights: readonly number[];
  readonly ringDegree: number;
  readonly primeBits: readonly number[];
}

/** Some 20 ms of `simd` on a core: two squares, narrow and wide weights, the smallest and the largest primes. */
export const SELF_TEST: TestShape = {
  widths: [37, 21, 9, 3],
  weights: [511, 127, 511],
  ringDegree: 1024,
  primeBits: [30, 21],
};

/** Long enough to compare speeds: five billion multiplications, and several pieces, so that reading and evaluating overlap. */
export const SPEED_TEST: TestShape = {
  widths: [784, 256, 10],
  weights: [127, 127],
  ringDegree: 4096,
  primeBits: [28, 28, 28],
};

/** Evaluates a test circuit with `simd`, on one core. */
export async function knownAnswer({ widths, weights, ringDegree, primeBits }: TestShape): Promise<KnownAnswer> {
  const next = numbers(20_261_126);
  const parameters = createParameters(ringDegree, primeBits, 30, 'conjugate-invariant');
  const maps = weights.map((most, m) => denseMap(elementAt(widths, m), elementAt(widths, m + 1), most, next));
  const compiled: CompiledCircuit = {
    circuit: { name: 'self-test', maps },
    transform: { crop: 0, mean: 1 },
    plan: {
      parameters,
      mode: 'public',
      inputScale: 1,
      maps: maps.map(() => ({ weightBits: 10, weightScale: 1, rescales: 0, scaleBefore: 1, scaleAfter: 1 })),
      resultPrimes: parameters.primes.length,
      resultScale: 1,
      predictedError: { deviation: 0, bound: 0 },
      roundingDeviation: 0,
    },
  };
  const header = shardHeader({
    parameters,
    keyFingerprint: '0'.repeat(64),
    ciphertexts: elementAt(widths, 0),
    images: 1,
    tile: 4,
    scale: 1,
  });
  const perPrime = 2 * header.ciphertexts * ringDegree;
  const residues = new Uint32Array(perPrime * header.primes.length);
  header.primes.forEach((prime, p) => {
    for (let i = p * perPrime; i < (p + 1) * perPrime; i++) residues[i] = next() % prime;
  });
  const shard = { header, residues };
  const from = performance.now();
  const result = await simdEngine.evaluate(compiled, batchSource(shard));
  return { compiled, shard, residues: result.residues, seconds: (performance.now() - from) / 1000 };
}
