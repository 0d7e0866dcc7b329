import { InputError, elementAt, lastOf } from '@ciphernet/foundation';
import type { Circuit, LinearMap } from './circuit.js';

/**
 * y = W·x + bias of one vector.
 *
 * @param x map.inputs values
 * @param y map.outputs values, overwritten
 */
export function applyMap(map: LinearMap, x: ArrayLike<number>, y: Float64Array): void {
  y.set(map.bias);
  for (const block of map.blocks) {
    const { inputs, outputs, weights } = block;
    const gathered = new Float64Array(inputs.length);
    for (let i = 0; i < inputs.length; i++) gathered[i] = x[inputs[i] ?? 0] ?? 0;
    for (let r = 0, at = 0; r < outputs.length; r++) {
      let sum = 0;
      for (let i = 0; i < gathered.length; i++, at++) sum += (weights[at] ?? 0) * (gathered[i] ?? 0);
      const output = outputs[r] ?? 0;
      y[output] = (y[output] ?? 0) + sum;
    }
  }
}

/** How many examples the features are. @throws InputError unless they are at least one, and whole */
export function countExamples(circuit: Circuit, features: Float32Array, purpose: string): number {
  const inputs = elementAt(circuit.maps, 0).inputs;
  const count = features.length / inputs;
  if (Number.isInteger(count) && count >= 1) return count;
  throw new InputError(`${features.length} values are not examples of ${inputs} features`, {
    where: `${purpose} of ${circuit.name}`,
    hint: 'give at least one whole example',
  });
}

/**
 * Outputs of every linear map (before its square) of one vector; the last entry is the logits.
 *
 * @param x as many values as the first map has inputs
 */
export function traceCircuit(circuit: Circuit, x: ArrayLike<number>): Float64Array[] {
  const trace: Float64Array[] = [];
  let values: ArrayLike<number> = x;
  circuit.maps.forEach((map, i) => {
    if (i > 0) values = Float64Array.from(values, (value) => value * value);
    const y = new Float64Array(map.outputs);
    applyMap(map, values, y);
    trace.push(y);
    values = y;
  });
  return trace;
}

/**
 * The circuit in the clear.
 *
 * @param features count × inputs of the first map; none give no logits
 * @returns logits, count × outputs of the last map
 * @throws RangeError unless the features are whole examples
 */
export function evaluateCircuit(circuit: Circuit, features: Float32Array): Float64Array {
  const inputs = elementAt(circuit.maps, 0).inputs;
  const outputs = lastOf(circuit.maps).outputs;
  const count = features.length / inputs;
  const logits = new Float64Array(count * outputs);
  for (let n = 0; n < count; n++) {
    const trace = traceCircuit(circuit, features.subarray(n * inputs, (n + 1) * inputs));
    logits.set(lastOf(trace), n * outputs);
  }
  return logits;
}
