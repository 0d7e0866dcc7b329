import { type KeyStream, keyStream } from './encoding-stream.js';

/**
 * One keyed layer: z = tanh(g · S · M x + b). M places the inputs at keyed positions of a power of two, changes keyed signs, and
 * mixes them by Walsh–Hadamard transforms with keyed signs between (H D H D P: orthogonal, dense, and near a random rotation:
 * Ailon, Chazelle 2009; Yu et al. 2016). S keeps some of the outputs, in a keyed order; b is keyed.
 */
export interface EncodingLayer {
  readonly inputs: number;
  /** Power of two, at least `inputs`. */
  readonly size: number;
  readonly outputs: number;
  /** Where each input goes. */
  readonly places: Uint32Array;
  /** Signs before each transform, `size` each. */
  readonly signs: readonly Float64Array[];
  /** Which outputs of the last transform are kept, in order. */
  readonly kept: Uint32Array;
  /** One an output, uniform in ±{@link BIAS}. */
  readonly bias: Float64Array;
  /** What an output of the last transform is multiplied by; the transforms' own factor is in it. */
  readonly gain: number;
}

/** Transforms a layer; two leave no input in fewer than all outputs. */
const ROUNDS = 2;
/** Largest bias: of the size of half a deviation, so that no unit is plainly odd in its input. */
const BIAS = 0.5;
/** Deviation of what enters tanh besides the bias, about: stronger bending costs accuracy faster than it stops attacks. */
const GAIN = 0.6;
/**
 * Deviation of an input, about. A pixel less 1/2 is no farther from 0 than this, whatever the images are, and a layer's outputs are about
 * there at that gain. A constant, not a measurement: statistics of the data are no part of the encoding.
 */
const DEVIATION = 0.5;
/** Layers of an encoding. */
const LAYERS = 3;

/** Features of an encoded image, as height × width: IDX files have sides of 256 at most. */
export interface EncodedShape {
  readonly height: number;
  readonly width: number;
}

const SIDE = 16;
const MOST_SIDE = 256;

/** Most values of an image that are encoded. */
export const MOST_ENCODED_VALUES = 65_536;

/** Shape of encoded images: about half as many values as an image has. @param values of an image, 1 to 65,536 */
export function encodedShape(values: number): EncodedShape {
  const height = values <= 2 * SIDE * MOST_SIDE ? SIDE : MOST_SIDE;
  return { height, width: Math.ceil(values / 2 / height) };
}

function layer(stream: KeyStream, inputs: number, outputs: number): EncodingLayer {
  const size = 2 ** Math.ceil(Math.log2(Math.max(inputs, outputs, 2)));
  const places = stream.permutation(size).slice(0, inputs);
  const signs = Array.from({ length: ROUNDS }, () => stream.signs(size));
  const kept = stream.permutation(size).slice(0, outputs);
  const bias = Float64Array.from({ length: outputs }, () => stream.symmetric(BIAS));
  // ROUNDS transforms without their factor of 1/√size each; an output has the energy of the inputs over all places.
  const orthonormal = size ** (-ROUNDS / 2);
  const gain = (GAIN * orthonormal) / (DEVIATION * Math.sqrt(inputs / size));
  return { inputs, size, outputs, places, signs, kept, bias, gain };
}

/**
 * The layers of a key for images of so many values: n → the next power of two → n → about n/2. The last one has fewer outputs than
 * inputs, so no layer stack is a bijection of images; that they differ from noise in few directions is what attacks use.
 */
export function encodingLayers(key: Uint8Array, values: number): readonly EncodingLayer[] {
  const { height, width } = encodedShape(values);
  const wide = 2 ** Math.ceil(Math.log2(Math.max(values, 2)));
  const widths = [values, wide, values, height * width];
  return Array.from({ length: LAYERS }, (_, at) =>
    layer(keyStream(key, `layer ${at} of ${values}`), widths[at]!, widths[at + 1]!),
  );
}

/** Walsh–Hadamard transform in place, without a factor. @param values the first `size`, a power of two, are transformed */
export function transform(values: Float64Array, size: number): void {
  for (let half = 1; half < size; half *= 2) {
    for (let start = 0; start < size; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const a = values[i]!;
        const b = values[i + half]!;
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
}

/** One layer on one example. @param from its inputs @param to gets its outputs @param room at least `size` values */
export function applyLayer(
  { inputs, size, outputs, places, signs, kept, bias, gain }: EncodingLayer,
  from: Float64Array,
  to: Float64Array,
  room: Float64Array,
): void {
  room.fill(0, 0, size);
  for (let i = 0; i < inputs; i++) room[places[i]!] = from[i]!;
  for (const round of signs) {
    for (let i = 0; i < size; i++) room[i]! *= round[i]!;
    transform(room, size);
  }
  for (let i = 0; i < outputs; i++) to[i] = Math.tanh(gain * room[kept[i]!]! + bias[i]!);
}
