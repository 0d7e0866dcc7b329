import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Circuit, evaluateCircuit } from '../src/index.js';
import { applyMap } from '../src/evaluate-circuit.js';
import { circuits, value } from './random-circuits.js';

/** One example after the other, one map at a time. */
function oneByOne(circuit: Circuit, features: Float32Array): number[] {
  const width = circuit.maps[0]!.inputs;
  return Array.from({ length: features.length / width }, (_, n) => {
    let values: ArrayLike<number> = features.subarray(n * width, (n + 1) * width);
    circuit.maps.forEach((map, i) => {
      const y = new Float64Array(map.outputs);
      applyMap(map, i === 0 ? values : Array.from(values, (x) => x * x), y);
      values = y;
    });
    return [...(values as Float64Array)];
  }).flat();
}

describe('evaluating a circuit in the clear', () => {
  it('gives for examples side by side the very numbers that each gives alone', () => {
    fc.assert(
      fc.property(circuits, fc.integer({ min: 0, max: 9 }), fc.infiniteStream(value), (circuit, count, stream) => {
        const width = circuit.maps[0]!.inputs;
        const features = Float32Array.from({ length: count * width }, () => stream.next().value as number);
        // Of zeros the sign apart: an output that no block has is its bias, or its bias and nothing.
        const positive = (x: number): number => x + 0;
        const together = [...evaluateCircuit(circuit, features)];
        expect(together.map(positive)).toEqual(oneByOne(circuit, features).map(positive));
      }),
    );
  });
});
