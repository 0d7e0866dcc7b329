import { elementAt, lastOf } from '@ciphernet/foundation';
import type { Circuit, LinearMap } from './circuit.js';
import { countExamples, tracesOf } from './evaluate-circuit.js';

/**
 * What the planner has to know of a circuit's values, measured on public examples (never on the private set).
 *
 * `gains[s]` is the first-order amplification of independent noise of variance 1 in every value at source s: the root
 * of the largest Σ (∂logit / ∂value)² over logits and examples. Source 0 is the input, source i > 0 the output of
 * linear map i − 1 before it is squared; the last one is the logits themselves, gain 1.
 */
export interface Calibration {
  /** Largest |output| of each linear map over the examples. */
  readonly maxAbs: readonly number[];
  readonly gains: readonly number[];
  /** The same as the root of the mean over logits and examples. */
  readonly meanGains: readonly number[];
  /** Largest |feature| over the examples; absent where none is beyond 1, as of pixels. */
  readonly largestInput?: number | undefined;
  /** How many examples the ranges were measured on. */
  readonly examples: number;
}

/** rows × map.inputs from rows × map.outputs: G·W, the Jacobian one linear map further back. */
function backThroughMap(map: LinearMap, jacobian: Float64Array, rows: number): Float64Array {
  const back = new Float64Array(rows * map.inputs);
  for (const { inputs, outputs, weights } of map.blocks) {
    for (let row = 0; row < rows; row++) {
      for (let r = 0; r < outputs.length; r++) {
        const factor = jacobian[row * map.outputs + (outputs[r] ?? 0)] ?? 0;
        if (factor === 0) continue;
        const from = r * inputs.length;
        for (let i = 0; i < inputs.length; i++) {
          const at = row * map.inputs + (inputs[i] ?? 0);
          back[at] = (back[at] ?? 0) + factor * (weights[from + i] ?? 0);
        }
      }
    }
  }
  return back;
}

/** Sum of squares of each row: largest and mean. */
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

interface Gain {
  readonly largest: number;
  readonly mean: number;
}

/** Gains of each noise source for one example, from the input (0) to the logits. */
function gainsOf(circuit: Circuit, trace: readonly Float64Array[]): Gain[] {
  const rows = lastOf(circuit.maps).outputs;
  let jacobian: Float64Array = new Float64Array(rows * rows);
  for (let k = 0; k < rows; k++) jacobian[k * rows + k] = 1;
  const gains: Gain[] = [{ largest: 1, mean: 1 }];
  for (let i = circuit.maps.length - 1; i >= 0; i--) {
    jacobian = backThroughMap(elementAt(circuit.maps, i), jacobian, rows);
    const before = trace[i - 1];
    // d(z²)/dz = 2z for the square between map i − 1 and map i.
    if (before !== undefined) {
      for (let at = 0; at < jacobian.length; at++) {
        jacobian[at] = (jacobian[at] ?? 0) * 2 * (before[at % before.length] ?? 0);
      }
    }
    gains.unshift(rowEnergies(jacobian, rows));
  }
  return gains;
}

/**
 * Measures ranges over all `features` and noise gains over the first `gainExamples` of them.
 *
 * @param features count × inputs, at least one example
 * @param gainExamples most examples that gains are measured on: each costs a Jacobian
 * @throws InputError unless the features are at least one example, and whole
 */
export function calibrate(circuit: Circuit, features: Float32Array, gainExamples = 64): Calibration {
  const count = countExamples(circuit, features, 'calibration');
  let maxAbs = circuit.maps.map(() => 0);
  const largestInput = features.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const largest = new Float64Array(circuit.maps.length + 1);
  const mean = new Float64Array(circuit.maps.length + 1);
  const gainCount = Math.min(count, gainExamples);
  let n = 0;
  for (const trace of tracesOf(circuit, features)) {
    maxAbs = maxAbs.map((before, i) =>
      elementAt(trace, i).reduce((most, value) => Math.max(most, Math.abs(value)), before),
    );
    if (n++ < gainCount) {
      gainsOf(circuit, trace).forEach((gain, i) => {
        largest[i] = Math.max(elementAt(largest, i), gain.largest);
        mean[i] = elementAt(mean, i) + gain.mean / gainCount;
      });
    }
  }
  return Object.freeze({
    maxAbs,
    gains: Array.from(largest, Math.sqrt),
    meanGains: Array.from(mean, Math.sqrt),
    examples: count,
    ...(largestInput > 1 ? { largestInput } : {}),
  });
}
