import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Circuit, type LinearMap, evaluateCircuit } from '../src/index.js';
import { applyMap } from '../src/evaluate-circuit.js';

const value = fc.double({ min: -4, max: 4, noNaN: true });

/** A map whose outputs are dealt out to blocks, each of some of the inputs; some outputs may stand in none. */
function mapOf(inputs: number, outputs: number): fc.Arbitrary<LinearMap> {
  const block = fc.record({
    inputs: fc.uniqueArray(fc.nat(inputs - 1), { minLength: 1 }),
    weights: fc.array(value, { minLength: inputs * outputs, maxLength: inputs * outputs }),
  });
  return fc
    .record({
      home: fc.array(fc.nat(2), { minLength: outputs, maxLength: outputs }),
      blocks: fc.tuple(block, block),
      bias: fc.array(value, { minLength: outputs, maxLength: outputs }),
    })
    .map(({ home, blocks, bias }) => ({
      inputs,
      outputs,
      bias: Float64Array.from(bias),
      blocks: blocks.map((one, number) => {
        const members = [...home.keys()].filter((output) => home[output] === number);
        const weights = Float64Array.from(one.weights.slice(0, members.length * one.inputs.length));
        return { inputs: one.inputs, outputs: members, weights };
      }),
    }));
}

const circuits = fc
  .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 3 }))
  .chain(([inputs, hidden, outputs]) => fc.tuple(mapOf(inputs, hidden), mapOf(hidden, outputs)))
  .map((maps): Circuit => ({ name: 'random', maps }));

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
