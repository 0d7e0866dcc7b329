import { InputError } from '@ciphernet/errors';
import type { Layer, Network } from './layers.js';
import { type Shape, sizeOf, slide } from './shape.js';

function expectLength(actual: number, expected: number, what: string, layer: Layer): void {
  if (actual === expected) return;
  throw new InputError(`${actual} ${what}, expected ${expected}`, {
    where: `layer ${layer.name}`,
    hint: 'the weights do not belong to this topology',
  });
}

/** The shape a layer makes of `input`; throws an InputError when weights and shapes disagree. */
export function outputShape(layer: Layer, input: Shape): Shape {
  const where = `layer ${layer.name}`;
  switch (layer.kind) {
    case 'conv2d': {
      const [kernelHeight, kernelWidth] = layer.kernel;
      expectLength(layer.weights.length, kernelHeight * kernelWidth * input.channels * layer.filters, 'weights', layer);
      expectLength(layer.bias.length, layer.filters, 'biases', layer);
      return {
        height: slide(input.height, kernelHeight, layer.stride[0], layer.padding, where).positions,
        width: slide(input.width, kernelWidth, layer.stride[1], layer.padding, where).positions,
        channels: layer.filters,
      };
    }
    case 'averagePool':
      return {
        height: slide(input.height, layer.size[0], layer.stride[0], layer.padding, where).positions,
        width: slide(input.width, layer.size[1], layer.stride[1], layer.padding, where).positions,
        channels: input.channels,
      };
    case 'dense':
      if (input.height !== 1 || input.width !== 1) {
        throw new InputError(`a dense layer on ${input.height}×${input.width} positions`, {
          where,
          hint: 'put a flatten layer before it',
        });
      }
      expectLength(layer.weights.length, input.channels * layer.units, 'weights', layer);
      expectLength(layer.bias.length, layer.units, 'biases', layer);
      return { height: 1, width: 1, channels: layer.units };
    case 'batchNorm':
      expectLength(layer.factor.length, input.channels, 'factors', layer);
      expectLength(layer.offset.length, input.channels, 'offsets', layer);
      return input;
    case 'flatten':
      return { height: 1, width: 1, channels: sizeOf(input) };
    case 'square':
    case 'polynomial':
      return input;
  }
}

/** Output shape of each layer, in order; a network that passes has consistent weights everywhere. */
export function shapesOf(network: Network): Shape[] {
  const shapes: Shape[] = [];
  let shape = network.input;
  for (const layer of network.layers) {
    shape = outputShape(layer, shape);
    shapes.push(shape);
  }
  return shapes;
}
