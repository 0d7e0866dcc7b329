import { elementAt } from '@ciphernet/foundation';
import { LANES, type LaneLayer, averagePoolOnLanes, convolutionOnLanes, denseOnLanes } from './evaluate-windows.js';
import type { Layer } from './layers.js';
import { type Network, shapesOf } from './network.js';
import { type Shape, sizeOf } from './shape.js';

/** One value after the other, whichever its lane. */
function valueByValue(apply: (value: number, index: number) => number): LaneLayer {
  return (x, y) => {
    for (let at = 0; at < x.length; at++) y[at] = apply(x[at]!, at);
  };
}

/** A layer on four images at a time; undefined where no value changes. */
function onLanes(layer: Layer, input: Shape, output: Shape): LaneLayer | undefined {
  switch (layer.kind) {
    case 'conv2d':
      return convolutionOnLanes(layer, input, output);
    case 'averagePool':
      return averagePoolOnLanes(layer, input, output);
    case 'dense':
      return denseOnLanes(layer);
    case 'batchNorm': {
      const { factor, offset } = layer;
      return valueByValue((value, at) => {
        const c = Math.floor(at / LANES) % input.channels;
        return value * factor[c]! + offset[c]!;
      });
    }
    case 'flatten':
      return undefined;
    case 'square':
      return valueByValue((value) => value * value);
    case 'polynomial': {
      const { a, b, c } = layer;
      return valueByValue((value) => a * value * value + b * value + c);
    }
  }
}

/**
 * The float network on images in [0, 1], layer by layer as trained (no lowering): the "base" figure of reports. Sums are in double
 * precision, values between layers in single precision.
 *
 * @param images count × inputs
 * @returns logits, count × outputs
 * @throws InputError when weights and shapes disagree; RangeError unless the images are whole
 */
export function evaluateNetwork(network: Network, images: Float32Array): Float32Array {
  const inputs = sizeOf(network.input);
  const count = images.length / inputs;
  if (!Number.isInteger(count)) throw new RangeError(`${images.length} values are no images of ${inputs}`);
  const shapes = shapesOf(network);
  const outputs = sizeOf(shapes.at(-1) ?? network.input);
  const logits = new Float32Array(count * outputs);
  const first = new Float32Array(inputs * LANES);
  const steps = network.layers.flatMap((layer, i) => {
    const output = elementAt(shapes, i);
    const evaluate = onLanes(layer, i === 0 ? network.input : elementAt(shapes, i - 1), output);
    return evaluate === undefined ? [] : [{ evaluate, values: new Float32Array(sizeOf(output) * LANES) }];
  });
  for (let n = 0; n < count; n += LANES) {
    const lanes = Math.min(LANES, count - n);
    // Lanes beyond the last image keep what was in them, and nobody reads it.
    for (let lane = 0; lane < lanes; lane++) {
      for (let i = 0; i < inputs; i++) first[i * LANES + lane] = images[(n + lane) * inputs + i]!;
    }
    let last = first;
    for (const { evaluate, values } of steps) {
      evaluate(last, values);
      last = values;
    }
    for (let lane = 0; lane < lanes; lane++) {
      for (let k = 0; k < outputs; k++) logits[(n + lane) * outputs + k] = last[k * LANES + lane]!;
    }
  }
  return logits;
}
