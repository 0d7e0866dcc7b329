import { InputError } from '@ciphernet/foundation';
import type { Layer } from './layers.js';
import { outputShape } from './output-shape.js';
import type { Shape } from './shape.js';

/** A feed-forward network with its weights: what is trained, evaluated in the clear, and lowered to a circuit. */
export interface Network {
  readonly name: string;
  readonly input: Shape;
  readonly layers: readonly Layer[];
}

function expectLength(actual: number, expected: number, what: string, layer: Layer): void {
  if (actual === expected) return;
  throw new InputError(`${actual} ${what}, expected ${expected}`, {
    where: `layer ${layer.name}`,
    hint: 'the weights do not belong to this topology',
  });
}

function checkWeights(layer: Layer, input: Shape): void {
  switch (layer.kind) {
    case 'conv2d': {
      const [height, width] = layer.kernel;
      expectLength(layer.weights.length, height * width * input.channels * layer.filters, 'weights', layer);
      expectLength(layer.bias.length, layer.filters, 'biases', layer);
      return;
    }
    case 'dense':
      expectLength(layer.weights.length, input.channels * layer.units, 'weights', layer);
      expectLength(layer.bias.length, layer.units, 'biases', layer);
      return;
    case 'batchNorm':
      expectLength(layer.factor.length, input.channels, 'factors', layer);
      expectLength(layer.offset.length, input.channels, 'offsets', layer);
      return;
    default:
  }
}

/**
 * Output shape of each layer, in order.
 *
 * @throws InputError naming the layer whose shape or weights do not fit: a network that passes is consistent everywhere
 */
export function shapesOf(network: Network): Shape[] {
  const shapes: Shape[] = [];
  let shape = network.input;
  for (const layer of network.layers) {
    const next = outputShape(layer, shape, `layer ${layer.name}`);
    checkWeights(layer, shape);
    shape = next;
    shapes.push(shape);
  }
  return shapes;
}
