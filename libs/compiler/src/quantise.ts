import { InputError, elementAt } from '@ciphernet/foundation';
import { type Block, type Circuit, type LinearMap, largestWeight } from './circuit.js';
import { type MapRounding, type RoundingBasis, roundBlock } from './rounding.js';

/** A block whose weights are signed integers. */
export interface IntegerBlock {
  readonly outputs: readonly number[];
  readonly inputs: readonly number[];
  readonly weights: Int16Array;
}

/** Integer weights, about scale · weight; the bias stays a real number until its ciphertext scale is known. */
export interface IntegerMap {
  readonly inputs: number;
  readonly outputs: number;
  readonly blocks: readonly IntegerBlock[];
  readonly bias: Float64Array;
  /** Real factor between a weight and its integer. */
  readonly scale: number;
}

/** A circuit whose weights are integers: what is evaluated under encryption. */
export interface QuantisedCircuit {
  readonly name: string;
  readonly maps: readonly IntegerMap[];
}

/** Fewest bits of a signed weight with its sign: |w| ≤ 2^(bits − 1) − 1. */
export const MIN_WEIGHT_BITS = 3;
/** Most bits of a signed weight: digits of 15 bits times 10-bit weights fit int32. */
export const MAX_WEIGHT_BITS = 10;

/**
 * The largest scale at which every weight of the map fits `bits` bits with its sign; 1 for a map of zeros.
 *
 * @throws InputError for bits that are not a whole number from 3 to 10
 */
export function scaleForBits(map: LinearMap, bits: number): number {
  if (!Number.isInteger(bits) || bits < MIN_WEIGHT_BITS || bits > MAX_WEIGHT_BITS) {
    throw new InputError(`weights of ${bits} bits`, { hint: `use ${MIN_WEIGHT_BITS} to ${MAX_WEIGHT_BITS} bits` });
  }
  const largest = largestWeight(map);
  return largest === 0 ? 1 : (2 ** (bits - 1) - 1) / largest;
}

function nearest(block: Block, scale: number): Int16Array {
  return Int16Array.from(block.weights, (weight) => Math.round(weight * scale));
}

function checkBasis(map: LinearMap, rounding: MapRounding | undefined, where: string): void {
  const fits =
    rounding?.means.length === map.inputs &&
    rounding.blocks.length === map.blocks.length &&
    map.blocks.every(
      ({ inputs }, b) =>
        rounding.blocks[b]?.reduce((columns, { order }) => columns + order.length, 0) === inputs.length,
    );
  if (!fits) throw new InputError('what weights are to be rounded by belongs to another circuit', { where });
}

/** The bias that makes good what rounding does to each output on average. */
function correctedBias(
  map: LinearMap,
  blocks: readonly IntegerBlock[],
  scale: number,
  means: Float64Array,
): Float64Array {
  const bias = Float64Array.from(map.bias);
  map.blocks.forEach(({ inputs, outputs, weights }, b) => {
    const integers = elementAt(blocks, b).weights;
    outputs.forEach((output, row) => {
      for (let i = 0, at = row * inputs.length; i < inputs.length; i++, at++) {
        const error = (weights[at] ?? 0) - (integers[at] ?? 0) / scale;
        bias[output] = (bias[output] ?? 0) + error * (means[inputs[i] ?? 0] ?? 0);
      }
    });
  });
  return bias;
}

/**
 * Rounds each map's weights at its scale.
 *
 * @param scales one a map, real factor between a weight and its integer
 * @param basis compensates rounding errors by the statistics of the inputs; without it each weight goes to its nearest
 *   integer
 * @throws InputError when a map has no scale, or the basis belongs to another circuit
 */
export function quantise(circuit: Circuit, scales: readonly number[], basis?: RoundingBasis): QuantisedCircuit {
  return {
    name: circuit.name,
    maps: circuit.maps.map((map, i) => {
      const scale = scales[i];
      if (scale === undefined) throw new InputError(`no scale for linear map ${i}`, { where: circuit.name });
      const rounding = basis?.[i];
      if (basis !== undefined) checkBasis(map, rounding, `${circuit.name}, map ${i}`);
      const limit = Math.round(largestWeight(map) * scale);
      const blocks = map.blocks.map((block, b) => ({
        outputs: block.outputs,
        inputs: block.inputs,
        weights:
          rounding === undefined
            ? nearest(block, scale)
            : roundBlock(block, elementAt(rounding.blocks, b), scale, limit),
      }));
      const bias = rounding === undefined ? map.bias : correctedBias(map, blocks, scale, rounding.means);
      return { inputs: map.inputs, outputs: map.outputs, bias, scale, blocks };
    }),
  };
}

/** The integer weights as real numbers again: what the encrypted evaluation computes, noise apart. */
export function dequantise(circuit: QuantisedCircuit): Circuit {
  return {
    name: circuit.name,
    maps: circuit.maps.map((map) => ({
      inputs: map.inputs,
      outputs: map.outputs,
      bias: map.bias,
      blocks: map.blocks.map((block) => ({
        outputs: block.outputs,
        inputs: block.inputs,
        weights: Float64Array.from(block.weights, (weight) => weight / map.scale),
      })),
    })),
  };
}
