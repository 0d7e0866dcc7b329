import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Circuit } from '../src/circuit.js';
import { evaluateCircuit } from '../src/evaluate-circuit.js';
import { dequantise, quantise, scaleForBits } from '../src/quantise.js';
import { roundingBasis } from '../src/rounding.js';

/** A generator that is the same everywhere: a linear congruence, in [-1, 1). */
function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function dense(inputs: number, outputs: number, seed: number): Circuit['maps'][number] {
  const next = noise(seed);
  const all = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return {
    inputs,
    outputs,
    bias: Float64Array.from({ length: outputs }, next),
    blocks: [
      {
        inputs: all(inputs),
        outputs: all(outputs),
        weights: Float64Array.from({ length: inputs * outputs }, next),
      },
    ],
  };
}

/** Neighbours that resemble each other, as pixels do, around a mean that is not 0. */
function smoothExamples(count: number, inputs: number, seed: number): Float32Array {
  const next = noise(seed);
  const features = new Float32Array(count * inputs);
  for (let n = 0; n < count; n++) {
    let value = next();
    for (let i = 0; i < inputs; i++) {
      value = 0.9 * value + 0.3 * next();
      features[n * inputs + i] = 0.5 + 0.4 * value;
    }
  }
  return features;
}

function scalesOf(circuit: Circuit, bits: number): number[] {
  return circuit.maps.map((map) => scaleForBits(map, bits));
}

function rmsError(circuit: Circuit, other: Circuit, features: Float32Array): number {
  const exact = evaluateCircuit(circuit, features);
  const rounded = evaluateCircuit(other, features);
  return Math.sqrt(exact.reduce((sum, value, i) => sum + (value - (rounded[i] ?? 0)) ** 2, 0) / exact.length);
}

describe('rounding by the statistics of the inputs', () => {
  it('errs a good deal less than the nearest integers where inputs resemble their neighbours', () => {
    const circuit: Circuit = { name: 'smooth', maps: [dense(49, 16, 1)] };
    const basis = roundingBasis(circuit, smoothExamples(1000, 49, 2));
    const others = smoothExamples(500, 49, 3);
    for (const bits of [5, 6, 7, 8]) {
      const scales = scalesOf(circuit, bits);
      const nearest = rmsError(circuit, dequantise(quantise(circuit, scales)), others);
      const compensated = rmsError(circuit, dequantise(quantise(circuit, scales, basis)), others);
      expect(compensated).toBeLessThan(nearest / 2);
    }
  });

  it('errs as much as its energy predicts', () => {
    const circuit: Circuit = { name: 'predicted', maps: [dense(300, 40, 4)] };
    const basis = roundingBasis(circuit, smoothExamples(2000, 300, 5));
    const scales = scalesOf(circuit, 8);
    const measured = rmsError(circuit, dequantise(quantise(circuit, scales, basis)), smoothExamples(1000, 300, 6));
    const predicted = Math.sqrt((basis[0]?.energy ?? 0) / 12) / (scales[0] ?? 1);
    expect(measured / predicted).toBeGreaterThan(0.7);
    expect(measured / predicted).toBeLessThan(1.3);
  });

  it('leaves the mean of every output over the examples as it was', () => {
    const circuit: Circuit = { name: 'mean', maps: [dense(30, 8, 7)] };
    const features = smoothExamples(200, 30, 8);
    const rounded = dequantise(quantise(circuit, scalesOf(circuit, 4), roundingBasis(circuit, features)));
    const mean = (c: Circuit, output: number): number => {
      const outputs = evaluateCircuit(c, features);
      return Array.from({ length: 200 }, (_, n) => outputs[n * 8 + output] ?? 0).reduce((a, b) => a + b) / 200;
    };
    for (let output = 0; output < 8; output++) {
      expect(mean(rounded, output)).toBeCloseTo(mean(circuit, output), 9);
    }
  });

  it('keeps every weight within its bits, through squares and examples that never vary', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 10 }), fc.integer(), fc.boolean(), (bits, seed, isConstant) => {
        const circuit: Circuit = { name: 'any', maps: [dense(20, 12, seed), dense(12, 5, seed + 1)] };
        const features = isConstant ? new Float32Array(40).fill(1) : smoothExamples(50, 20, seed + 2);
        const { maps } = quantise(circuit, scalesOf(circuit, bits), roundingBasis(circuit, features));
        for (const { blocks, bias } of maps) {
          expect(bias.every(Number.isFinite)).toBe(true);
          for (const { weights } of blocks) {
            for (const weight of weights) expect(Math.abs(weight)).toBeLessThanOrEqual(2 ** (bits - 1) - 1);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('rounds to the nearest integers where no input says anything about another', () => {
    // Two inputs at right angles: ±1 and 0, 0 and ±1.
    const circuit: Circuit = { name: 'right angles', maps: [dense(2, 30, 9)] };
    const features = new Float32Array([1, 0, -1, 0, 0, 1, 0, -1]);
    const scales = scalesOf(circuit, 6);
    const nearest = quantise(circuit, scales).maps[0]?.blocks[0]?.weights;
    const compensated = quantise(circuit, scales, roundingBasis(circuit, features)).maps[0]?.blocks[0]?.weights;
    expect(compensated).toEqual(nearest);
  });

  it('does not depend on the units of the inputs', () => {
    const circuit: Circuit = { name: 'units', maps: [dense(49, 16, 1)] };
    const features = smoothExamples(300, 49, 2);
    const small = features.map((value) => value * 2 ** -30);
    const scales = scalesOf(circuit, 6);
    const weights = (x: Float32Array): unknown => quantise(circuit, scales, roundingBasis(circuit, x)).maps[0]?.blocks;
    expect(weights(small)).toEqual(weights(features));
  });

  it('takes smaller chunks for many windows over the same inputs, and refuses too many', () => {
    const windows = (count: number, size: number): Circuit => {
      const inputs = Array.from({ length: size }, (_, i) => i);
      const blocks = Array.from({ length: count }, (_, b) => ({
        inputs,
        outputs: [b],
        weights: new Float64Array(size),
      }));
      return { name: 'windows', maps: [{ inputs: size, outputs: count, bias: new Float64Array(count), blocks }] };
    };
    const features = smoothExamples(2, 200, 3);
    expect(roundingBasis(windows(200, 200), features)[0]?.blocks[0]?.length).toBe(2);
    expect(roundingBasis(windows(1000, 200), features)[0]?.blocks[0]?.length).toBeGreaterThan(2);
    expect(() => roundingBasis(windows(10_000, 200), features)).toThrow(/too many windows/);
  });

  it('is refused for another circuit', () => {
    const circuit: Circuit = { name: 'this', maps: [dense(4, 2, 1)] };
    const other = roundingBasis({ name: 'other', maps: [dense(5, 2, 1)] }, smoothExamples(3, 5, 1));
    expect(() => quantise(circuit, scalesOf(circuit, 6), other)).toThrow(/another circuit \[this, map 0\]/);
  });

  it('refuses examples that are none', () => {
    const circuit: Circuit = { name: 'none', maps: [dense(4, 2, 1)] };
    expect(() => roundingBasis(circuit, new Float32Array(0))).toThrow(/not examples of 4 features/);
    expect(() => roundingBasis(circuit, new Float32Array(7))).toThrow(/7 values are not examples/);
  });
});
