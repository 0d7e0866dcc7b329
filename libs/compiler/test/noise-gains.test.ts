import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Circuit, LinearMap } from '../src/index.js';
import { tracesOf } from '../src/evaluate-circuit.js';
import { createGainMeter } from '../src/noise-gains.js';
import { circuits, value } from './random-circuits.js';

/** Weights of a map as a dense matrix, outputs × inputs. */
function matrixOf(map: LinearMap): number[][] {
  const rows = Array.from({ length: map.outputs }, () => new Array<number>(map.inputs).fill(0));
  for (const { inputs, outputs, weights } of map.blocks) {
    outputs.forEach((output, r) =>
      inputs.forEach((input, i) => (rows[output]![input] = weights[r * inputs.length + i]!)),
    );
  }
  return rows;
}

function product(a: readonly number[][], b: readonly number[][]): number[][] {
  return a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)));
}

const energies = (matrix: readonly number[][]): number[] => matrix.map((row) => row.reduce((sum, x) => sum + x * x, 0));

/** By dense matrices: the Jacobians of the logits by the values of each source. */
function jacobiansOf({ maps }: Circuit, hidden: Float64Array): number[][][] {
  const [first, second] = maps.map(matrixOf) as [number[][], number[][]];
  const byHidden = second.map((row) => row.map((x, k) => x * 2 * hidden[k]!));
  return [product(byHidden, first), byHidden];
}

describe('gains of noise', () => {
  it('are the energies of the Jacobians of the logits by input and hidden values', () => {
    fc.assert(
      fc.property(circuits, fc.infiniteStream(value), (circuit, stream) => {
        const features = Float32Array.from({ length: circuit.maps[0]!.inputs }, () => stream.next().value as number);
        const [trace = []] = tracesOf(circuit, features);
        const gains = createGainMeter(circuit)(trace);
        const expected = jacobiansOf(circuit, trace[0]!).map(energies);
        expect(gains).toHaveLength(3);
        expect(gains[2]).toEqual({ largest: 1, mean: 1 });
        expected.forEach((rows, source) => {
          const largest = Math.max(...rows);
          const slack = 1e-9 * (1 + largest);
          expect(Math.abs(gains[source]!.largest - largest)).toBeLessThan(slack);
          const mean = rows.reduce((sum, x) => sum + x, 0) / rows.length;
          expect(Math.abs(gains[source]!.mean - mean)).toBeLessThan(slack);
        });
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
