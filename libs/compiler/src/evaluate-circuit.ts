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
 * Examples that are evaluated side by side: a weight is read once for all of them, and their sums wait for each other's
 * additions, not for their own. Two rows of four examples are as many sums as there are registers for.
 */
const LANES = 4;

/**
 * y = W·x + bias of {@link LANES} vectors, each value's lanes side by side. Every lane adds up in the order of
 * {@link applyMap}: the results are the same numbers.
 *
 * @param x map.inputs × LANES values
 * @returns map.outputs × LANES values
 */
function applyToLanes(map: LinearMap, x: Float64Array): Float64Array {
  const y = new Float64Array(map.outputs * LANES);
  for (const { inputs, outputs, weights } of map.blocks) {
    const gathered = new Float64Array(inputs.length * LANES);
    for (let i = 0, at = 0; i < inputs.length; i++) {
      const from = inputs[i]! * LANES;
      for (let lane = 0; lane < LANES; lane++) gathered[at++] = x[from + lane]!;
    }
    const last = outputs.length - 1;
    // The last of an odd number of rows is added up twice, and stored once.
    for (let row = 0; row <= last; row += 2)
      twoRows(weights, row, Math.min(row + 1, last), gathered, y, outputs[row]!, outputs[Math.min(row + 1, last)]!);
  }
  for (let at = 0; at < y.length; at++) y[at] = map.bias[Math.trunc(at / LANES)]! + y[at]!;
  return y;
}

/** Products of two rows of weights with the lanes of x, in the lanes of two outputs. */
function twoRows(
  weights: Float64Array,
  first: number,
  second: number,
  x: Float64Array,
  y: Float64Array,
  firstOutput: number,
  secondOutput: number,
): void {
  const columns = x.length / LANES;
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let i = 0, at = 0, a = first * columns, b = second * columns; i < columns; i++, at += LANES) {
    const u = weights[a + i]!;
    const v = weights[b + i]!;
    const x0 = x[at]!;
    const x1 = x[at + 1]!;
    const x2 = x[at + 2]!;
    const x3 = x[at + 3]!;
    a0 += u * x0;
    a1 += u * x1;
    a2 += u * x2;
    a3 += u * x3;
    b0 += v * x0;
    b1 += v * x1;
    b2 += v * x2;
    b3 += v * x3;
  }
  const p = firstOutput * LANES;
  const q = secondOutput * LANES;
  y[p] = a0;
  y[p + 1] = a1;
  y[p + 2] = a2;
  y[p + 3] = a3;
  y[q] = b0;
  y[q + 1] = b1;
  y[q + 2] = b2;
  y[q + 3] = b3;
}

/** One lane of interleaved values. */
function laneOf(values: Float64Array, lane: number): Float64Array {
  const one = new Float64Array(values.length / LANES);
  for (let i = 0; i < one.length; i++) one[i] = values[i * LANES + lane]!;
  return one;
}

/**
 * For each example in turn, the outputs of every linear map (before its square); the last are the logits.
 *
 * @param features count × inputs of the first map
 */
export function* tracesOf(circuit: Circuit, features: Float32Array): Generator<readonly Float64Array[]> {
  const inputs = elementAt(circuit.maps, 0).inputs;
  const count = Math.trunc(features.length / inputs);
  for (let first = 0; first < count; first += LANES) {
    const lanes = Math.min(LANES, count - first);
    let values: Float64Array = new Float64Array(inputs * LANES);
    for (let lane = 0; lane < lanes; lane++) {
      const from = (first + lane) * inputs;
      for (let i = 0; i < inputs; i++) values[i * LANES + lane] = features[from + i]!;
    }
    const trace = circuit.maps.map((map, i) => {
      if (i > 0) values = values.map((value) => value * value);
      values = applyToLanes(map, values);
      return values;
    });
    for (let lane = 0; lane < lanes; lane++) yield trace.map((outputs) => laneOf(outputs, lane));
  }
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
  const logits = new Float64Array((features.length / inputs) * outputs);
  let at = 0;
  for (const trace of tracesOf(circuit, features)) {
    logits.set(lastOf(trace), at);
    at += outputs;
  }
  return logits;
}
