import { transformedShape } from '@ciphernet/datasets';
import { elementAt } from '@ciphernet/foundation';
import { type Shape, sizeOf } from '@ciphernet/network';
import { describeNetwork } from './topology.js';
import { type ModelSpec, trainedLayers } from './zoo.js';

/** What a network costs under encryption, before any weight exists. */
export interface ModelCost {
  /** Input values: one ciphertext each. */
  readonly features: number;
  readonly squares: number;
  /** Products of a value and a weight for one image. */
  readonly multiplyAdds: number;
}

/** Cost of a network of the zoo on images of the given shape. */
export function costOfModel(spec: ModelSpec, image: Shape, classes: number): ModelCost {
  const input = transformedShape(spec.transform, image);
  const network = describeNetwork({ input, layers: trainedLayers(spec, 0, classes) });
  let multiplyAdds = 0;
  let before = input;
  network.layers.forEach((layer, index) => {
    const after = elementAt(network.shapes, index);
    if (layer.kind === 'dense') multiplyAdds += sizeOf(after) * before.channels;
    if (layer.kind === 'conv2d') multiplyAdds += sizeOf(after) * layer.kernel[0] * layer.kernel[1] * before.channels;
    before = after;
  });
  return {
    features: sizeOf(input),
    squares: network.layers.filter((layer) => layer.kind === 'square').length,
    multiplyAdds,
  };
}
