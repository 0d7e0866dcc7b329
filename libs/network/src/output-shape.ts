import { InputError } from '@ciphernet/foundation';
import type { LayerTopology } from './layers.js';
import { type Shape, sizeOf, slide } from './shape.js';

/**
 * The shape that a layer makes of `input`: the one calculator for training, costs, evaluation and lowering.
 *
 * @param where names the layer in errors
 * @throws InputError when the layer does not fit the shape
 */
export function outputShape(layer: LayerTopology, input: Shape, where: string): Shape {
  switch (layer.kind) {
    case 'conv2d':
      return {
        height: slide(input.height, layer.kernel[0], layer.stride[0], layer.padding, where).positions,
        width: slide(input.width, layer.kernel[1], layer.stride[1], layer.padding, where).positions,
        channels: layer.filters,
      };
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
      return { height: 1, width: 1, channels: layer.units };
    case 'flatten':
      return { height: 1, width: 1, channels: sizeOf(input) };
    case 'batchNorm':
    case 'dropout':
    case 'square':
    case 'polynomial':
      return input;
  }
}
