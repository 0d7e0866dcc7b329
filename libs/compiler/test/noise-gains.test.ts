import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Circuit } from '../src/index.js';
import { tracesOf } from '../src/evaluate-circuit.js';
import { createGainMeter } from '../src/noise-gains.js';
import { circuits, value } from './random-circuits.js';

/** The definition: rows of the Jacobian go back through each map block by block, row by row, term by term. */
function gainsOf(circuit: Circuit, trace: readonly Float64Array[]): { largest: number; mean: number }[] {
  const rows = circuit.maps.at(-1)!.outputs;
  let jacobian = new Float64Array(rows * rows);
  for (let k = 0; k < rows; k++) jacobian[k * rows + k] = 1;
  const gains = [{ largest: 1, mean: 1 }];
  for (let i = circuit.maps.length - 1; i >= 0; i--) {
    const map = circuit.maps[i]!;
    const back = new Float64Array(rows * map.inputs);
    for (const { inputs, outputs, weights } of map.blocks) {
      for (let row = 0; row < rows; row++) {
        outputs.forEach((output, r) => {
          const slope = jacobian[row * map.outputs + output]!;
          inputs.forEach((input, k) => (back[row * map.inputs + input]! += slope * weights[r * inputs.length + k]!));
        });
      }
    }
    const before = trace[i - 1];
    jacobian = before === undefined ? back : back.map((value, at) => value * 2 * before[at % before.length]!);
    const energies = Array.from({ length: rows }, (_, row) =>
      jacobian.subarray(row * map.inputs, (row + 1) * map.inputs).reduce((sum, value) => sum + value * value, 0),
    );
    gains.unshift({
      largest: Math.max(...energies),
      mean: energies.reduce((sum, energy) => sum + energy / rows, 0),
    });
  }
  return gains;
}

describe('gains of noise', () => {
  it('are the energies of the Jacobians of the logits by input and hidden values, bit for bit', () => {
    fc.assert(
      fc.property(circuits, fc.infiniteStream(value), (circuit, stream) => {
        const features = Float32Array.from({ length: circuit.maps[0]!.inputs }, () => stream.next().value as number);
        const [trace = []] = tracesOf(circuit, features);
        expect(createGainMeter(circuit)(trace)).toEqual(gainsOf(circuit, trace));
      }),
    );
  });

  it('are those of each example, whichever were measured before', () => {
    fc.assert(
      fc.property(circuits, fc.infiniteStream(value), (circuit, stream) => {
        const features = Float32Array.from(
          { length: 3 * circuit.maps[0]!.inputs },
          () => stream.next().value as number,
        );
        const traces = [...tracesOf(circuit, features)];
        const meter = createGainMeter(circuit);
        expect(traces.map(meter)).toEqual(traces.map((trace) => createGainMeter(circuit)(trace)));
      }),
      { numRuns: 30 },
    );
  });
});
