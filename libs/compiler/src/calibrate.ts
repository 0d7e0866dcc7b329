import { elementAt } from '@ciphernet/foundation';
import type { Circuit } from './circuit.js';
import { countExamples, tracesOf } from './evaluate-circuit.js';
import { createGainMeter } from './noise-gains.js';

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
  const gainsOf = createGainMeter(circuit);
  let n = 0;
  for (const trace of tracesOf(circuit, features)) {
    maxAbs = maxAbs.map((before, i) =>
      elementAt(trace, i).reduce((most, value) => Math.max(most, Math.abs(value)), before),
    );
    if (n++ < gainCount) {
      gainsOf(trace).forEach((gain, i) => {
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
