import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_TRANSFORM } from '@ciphernet/network';
import { calibrate } from '../src/calibrate.js';
import type { Circuit } from '../src/circuit.js';
import { compile } from '../src/compile.js';
import { evaluateCircuit } from '../src/evaluate-circuit.js';
import { foldInput } from '../src/fold-input.js';
import { totalDeviation } from '../src/ring-choice.js';
import { basisFromBytes, basisToBytes } from '../src/rounding-bytes.js';
import { roundingBasis } from '../src/rounding.js';

/** Values in [−1, 1) that are the same everywhere. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** inputs → 5, square, 5 → 3; the first map in two blocks that read different inputs. */
function circuitOf(inputs: number, next: () => number): Circuit {
  const all = Array.from({ length: inputs }, (_, i) => i);
  const weights = (count: number): Float64Array => Float64Array.from({ length: count }, next);
  return {
    name: 'small',
    maps: [
      {
        inputs,
        outputs: 5,
        blocks: [
          { outputs: [0, 2, 4], inputs: all, weights: weights(3 * inputs) },
          { outputs: [1, 3], inputs: all.slice(1), weights: weights(2 * (inputs - 1)) },
        ],
        bias: weights(5),
      },
      {
        inputs: 5,
        outputs: 3,
        blocks: [{ outputs: [0, 1, 2], inputs: [0, 1, 2, 3, 4], weights: weights(15) }],
        bias: weights(3),
      },
    ],
  };
}

describe('a circuit over preprocessed features', () => {
  it('gives what the circuit gives over the values themselves', () =>
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.nat(), (inputs, seed) => {
        const next = uniform(seed);
        const circuit = circuitOf(inputs, next);
        const scales = Float64Array.from({ length: inputs }, () => 2 ** Math.floor(4 * next()));
        const offsets = Float64Array.from({ length: inputs }, () => 100 * next());
        const features = Float32Array.from({ length: 4 * inputs }, next);
        const values = Float64Array.from(features, (x, i) => x * scales[i % inputs]! + offsets[i % inputs]!);
        const expected = evaluateCircuit(circuit, Float32Array.from(values));
        const folded = evaluateCircuit(foldInput(circuit, offsets, scales), features);
        const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
        folded.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4 * largest));
      }),
      { numRuns: 60 },
    ));

  it('is refused for another number of features', () => {
    const circuit = circuitOf(4, uniform(1));
    expect(() => foldInput(circuit, new Float64Array(3), new Float64Array(3))).toThrow(
      /3 features for a model that reads 4/,
    );
  });
});

describe('the statistics that weights are rounded by', () => {
  const circuit = circuitOf(6, uniform(2));
  const features = Float32Array.from({ length: 6 * 50 }, uniform(3));
  const bytes = basisToBytes(roundingBasis(circuit, features));

  it('come back as they were, in single precision, and round to the same integers twice', () => {
    const read = basisFromBytes(bytes, circuit, 'test');
    expect(basisToBytes(read)).toEqual(bytes);
    expect(read.map(({ energy }) => energy)).toEqual(roundingBasis(circuit, features).map(({ energy }) => energy));
    const calibration = calibrate(circuit, features);
    const integers = (): unknown =>
      compile({ circuit, calibration, basis: read, transform: NO_TRANSFORM }, { mode: 'public' }).circuit.maps;
    expect(integers()).toEqual(integers());
  });

  it('are refused where they are of another circuit, cut off, or no numbers', () => {
    expect(() => basisFromBytes(bytes, circuitOf(7, uniform(2)), 'test')).toThrow(/of another circuit/);
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => basisFromBytes(bytes.slice(0, length), circuit, 'test')).toThrow(/calibration|JSON|test/);
    }
    const damaged = bytes.slice();
    damaged.fill(0xff, damaged.length - 8);
    expect(() => basisFromBytes(damaged, circuit, 'test')).toThrow(/not finite|columns that do not fit/);
  });

  it('never make of mutated bytes anything but a refusal or statistics that fit', () =>
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const mutated = bytes.slice();
        mutated[at] = value;
        try {
          const read = basisFromBytes(mutated, circuit, 'test');
          expect(read.map(({ means }) => means.length)).toEqual([6, 5]);
        } catch (error) {
          expect((error as Error).name).toBe('InputError');
        }
      }),
      { numRuns: 300 },
    ));
});

describe('a precise plan', () => {
  it('errs less than the usual one, and is as good for features beyond 1', () => {
    const circuit = circuitOf(8, uniform(5));
    const features = Float32Array.from({ length: 8 * 200 }, uniform(6));
    const calibration = calibrate(circuit, features);
    const basis = roundingBasis(circuit, features);
    const of = (precise: boolean) =>
      compile({ circuit, calibration, basis, transform: NO_TRANSFORM }, { mode: 'public', precise }).plan;
    expect(totalDeviation(of(true))).toBeLessThanOrEqual(totalDeviation(of(false)));
    const wide = calibrate(
      circuit,
      features.map((value) => 3 * value),
    );
    expect(wide.largestInput).toBeGreaterThan(2.5);
    const { plan } = compile(
      { circuit, calibration: wide, basis, transform: NO_TRANSFORM },
      { mode: 'public', precise: true },
    );
    expect(plan.inputScale * wide.largestInput! * 4).toBeLessThanOrEqual(2 ** 30);
  });
});
