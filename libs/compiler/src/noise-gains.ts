import { elementAt, lastOf } from '@ciphernet/foundation';
import type { Circuit } from './circuit.js';
import { DOUBLE, doublesAt } from './kernels.js';
import { type PlacedMap, placeCircuit } from './placed-circuit.js';

/** Sum of squares of a Jacobian's rows, one a logit: the largest, and the mean. */
export interface Gain {
  readonly largest: number;
  readonly mean: number;
}

function rowEnergies(matrix: Float64Array, rows: number): Gain {
  const columns = matrix.length / rows;
  let largest = 0;
  let mean = 0;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) sum += (matrix[i] ?? 0) ** 2;
    largest = Math.max(largest, sum);
    mean += sum / rows;
  }
  return { largest, mean };
}

/**
 * Gives the gains of each noise source for one example, from the input (0) to the logits.
 *
 * @returns a function of an example's trace: the outputs of every linear map, before its square
 */
export function createGainMeter(circuit: Circuit): (trace: readonly Float64Array[]) => Gain[] {
  const rows = lastOf(circuit.maps).outputs;
  const { kernels, maps, gathered } = placeCircuit(circuit);
  const widest = circuit.maps.reduce((most, { inputs, outputs }) => Math.max(most, inputs, outputs), 0);
  const rooms = [kernels.allocate(rows * widest * DOUBLE), kernels.allocate(rows * widest * DOUBLE)] as const;

  /** rows × map.inputs from rows × map.outputs: G·W, the Jacobian one linear map further back. */
  const backThroughMap = ({ map, blocks }: PlacedMap, from: number, to: number): Float64Array => {
    const back = doublesAt(kernels, to, rows * map.inputs).fill(0);
    for (const { block, weights, inputs, outputs } of blocks) {
      for (let row = 0; row < rows; row++) {
        kernels.backBlock(
          weights,
          block.outputs.length,
          block.inputs.length,
          inputs,
          outputs,
          from + row * map.outputs * DOUBLE,
          gathered,
          to + row * map.inputs * DOUBLE,
        );
      }
    }
    return back;
  };

  return (trace) => {
    let [from, to]: readonly [number, number] = rooms;
    const unit = doublesAt(kernels, from, rows * rows).fill(0);
    for (let k = 0; k < rows; k++) unit[k * rows + k] = 1;
    const gains: Gain[] = [{ largest: 1, mean: 1 }];
    for (let i = maps.length - 1; i >= 0; i--) {
      const jacobian = backThroughMap(elementAt(maps, i), from, to);
      const before = trace[i - 1];
      // d(z²)/dz = 2z for the square between map i − 1 and map i.
      if (before !== undefined) {
        for (let at = 0; at < jacobian.length; at++) {
          jacobian[at] = (jacobian[at] ?? 0) * 2 * (before[at % before.length] ?? 0);
        }
      }
      gains.unshift(rowEnergies(jacobian, rows));
      [from, to] = [to, from];
    }
    return gains;
  };
}
