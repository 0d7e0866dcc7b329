import { InputError, elementAt, lastOf } from '@ciphernet/foundation';
import type { Circuit, LinearMap } from './circuit.js';
import { doublesAt } from './kernels.js';
import { LANES, type PlacedCircuit, type PlacedMap, placeCircuit } from './placed-circuit.js';

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

/** y = W·x + bias of {@link LANES} vectors. Every lane adds up in the order of {@link applyMap}: the results are the same numbers. */
function applyToLanes({ kernels, gathered }: PlacedCircuit, { map, blocks, bias, x, y }: PlacedMap): void {
  for (const { block, weights, inputs, outputs } of blocks) {
    kernels.applyBlock(weights, block.outputs.length, block.inputs.length, inputs, outputs, x, gathered, y);
  }
  kernels.addBias(y, bias, map.outputs);
}

/** One lane of interleaved values. */
function laneOf(values: Float64Array, lane: number): Float64Array {
  const one = new Float64Array(values.length / LANES);
  for (let i = 0, at = lane; i < one.length; i++, at += LANES) one[i] = values[at]!;
  return one;
}

/**
 * For {@link LANES} examples in turn, the outputs of every linear map (before its square), interleaved: valid until the next are asked for.
 *
 * @param features count × inputs of the first map
 */
function* lanesOf(
  circuit: Circuit,
  placed: PlacedCircuit,
  features: Float32Array,
): Generator<{ readonly lanes: number; readonly outputs: readonly Float64Array[] }> {
  const { kernels, maps } = placed;
  const inputs = elementAt(circuit.maps, 0).inputs;
  const count = Math.trunc(features.length / inputs);
  const values = doublesAt(kernels, elementAt(maps, 0).x, inputs * LANES);
  const outputs = maps.map(({ map, y }) => doublesAt(kernels, y, map.outputs * LANES));
  for (let first = 0; first < count; first += LANES) {
    const lanes = Math.min(LANES, count - first);
    // Lanes that are left over keep values of examples before, and nobody reads what becomes of them.
    for (let lane = 0; lane < lanes; lane++) {
      const from = (first + lane) * inputs;
      for (let i = 0; i < inputs; i++) values[i * LANES + lane] = features[from + i]!;
    }
    maps.forEach((map, i) => {
      if (i > 0) kernels.square(elementAt(maps, i - 1).y, map.x, map.map.inputs);
      // Outputs that stand in no block are their bias.
      elementAt(outputs, i).fill(0);
      applyToLanes(placed, map);
    });
    yield { lanes, outputs };
  }
}

/**
 * For each example in turn, the outputs of every linear map (before its square); the last are the logits.
 *
 * @param features count × inputs of the first map
 */
export function* tracesOf(circuit: Circuit, features: Float32Array): Generator<readonly Float64Array[]> {
  for (const { lanes, outputs } of lanesOf(circuit, placeCircuit(circuit), features)) {
    for (let lane = 0; lane < lanes; lane++) yield outputs.map((values) => laneOf(values, lane));
  }
}

/**
 * The circuit in the clear, for features that come in pieces.
 *
 * @returns as {@link evaluateCircuit}, of a circuit that is laid out once
 */
export function createEvaluator(circuit: Circuit): (features: Float32Array) => Float64Array {
  const inputs = elementAt(circuit.maps, 0).inputs;
  const outputs = lastOf(circuit.maps).outputs;
  const placed = placeCircuit(circuit);
  return (features) => {
    const logits = new Float64Array((features.length / inputs) * outputs);
    let at = 0;
    for (const group of lanesOf(circuit, placed, features)) {
      for (let lane = 0; lane < group.lanes; lane++, at += outputs) logits.set(laneOf(lastOf(group.outputs), lane), at);
    }
    return logits;
  };
}

/**
 * The circuit in the clear.
 *
 * @param features count × inputs of the first map; none give no logits
 * @returns logits, count × outputs of the last map
 * @throws RangeError unless the features are whole examples
 */
export function evaluateCircuit(circuit: Circuit, features: Float32Array): Float64Array {
  return createEvaluator(circuit)(features);
}
