import { type Circuit, evaluateCircuit } from '@ciphernet/compiler';
import { InputError, elementAt, lastOf } from '@ciphernet/foundation';
import type { PlainModel } from '../plain-model.js';
import { uniformFrom } from './uniform.js';

/** Examples of the calibration data, and random ones, that are compared. */
const COMPARED = 64;
/** Runtimes compute in single precision: so much of the largest output may differ. */
const TOLERANCE = 1e-3;

/** Features in [−1, 1). */
function uniformFeatures(count: number): Float32Array {
  const next = uniformFrom(20_261_126);
  return Float32Array.from({ length: count }, () => 2 * next() - 1);
}

/**
 * Outputs as they can be compared: of a runtime that gives probabilities, those, since they say little of logits far from 0.
 *
 * @param values count × outputs
 */
function comparable(values: ArrayLike<number>, outputs: number, head: PlainModel['head']): Float64Array {
  const shown = Float64Array.from(values);
  if (head === 'sigmoid') return shown.map((value) => 1 / (1 + Math.exp(-value)));
  if (head !== 'softmax') return shown;
  for (let from = 0; from < shown.length; from += outputs) {
    const row = shown.subarray(from, from + outputs);
    const largest = row.reduce((most, value) => Math.max(most, value), -Infinity);
    const powers = row.map((value) => Math.exp(value - largest));
    const sum = powers.reduce((total, value) => total + value, 0);
    row.set(powers.map((value) => value / sum));
  }
  return shown;
}

/**
 * Compares a circuit with the model in an independent runtime, on calibration data and on random features.
 *
 * @param features count × inputs, at least one example
 * @throws InputError where they differ by more than single precision explains
 */
export async function assertSameAsRuntime(
  circuit: Circuit,
  plain: PlainModel,
  features: Float32Array,
  name: string,
): Promise<void> {
  const { inputs } = elementAt(circuit.maps, 0);
  const sample = features.subarray(0, COMPARED * inputs);
  for (const [kind, values] of [
    ['calibration data', sample],
    ['random features', uniformFeatures(COMPARED * inputs)],
  ] as const) {
    const ours = evaluateCircuit(circuit, values);
    const theirs = await plain.evaluate(values);
    const { outputs } = lastOf(circuit.maps);
    const [a, b] = [comparable(ours, outputs, plain.head), comparable(theirs, outputs, plain.head)];
    let largest = 0;
    let differs = 0;
    a.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(value));
      // Written so that NaN is the largest difference there is.
      const apart = Math.abs(value - (b[i] ?? NaN));
      if (!(apart <= differs)) differs = Number.isNaN(apart) ? Infinity : apart;
    });
    if (theirs.length !== ours.length || !(differs <= TOLERANCE * Math.max(1, largest))) {
      throw new InputError(
        `on ${kind} ${plain.runtime} gives other outputs than the circuit, by ${differs.toPrecision(3)} of ${largest.toPrecision(3)}`,
        {
          where: `model ${name}`,
          hint: 'the model is not read as its author meant it: please report this, with the file',
        },
      );
    }
  }
}
