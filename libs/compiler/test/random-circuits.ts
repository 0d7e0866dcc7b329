import fc from 'fast-check';
import type { Circuit, LinearMap } from '../src/index.js';

/** Weights, biases and features. */
export const value = fc.double({ min: -4, max: 4, noNaN: true });

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

/** Two maps with a square between them. */
export const circuits = fc
  .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 3 }))
  .chain(([inputs, hidden, outputs]) => fc.tuple(mapOf(inputs, hidden), mapOf(hidden, outputs)))
  .map((maps): Circuit => ({ name: 'random', maps }));
