import { transformedShape } from '@ciphernet/network';
import { describeNetwork, kernelSize } from './topology.js';
import { type ModelSpec, trainedLayers } from './zoo.js';

/** What a network costs under encryption, before any weight exists. */
export interface ModelCost {
  /** Input values: one ciphertext each. */
  readonly features: number;
  readonly squares: number;
  /** Products of a value and a weight for one image. */
  readonly multiplyAdds: number;
}

/** Cost of a network of the zoo on grey images of the given size. */
export function costOfModel(spec: ModelSpec, image: { height: number; width: number; classes: number }): ModelCost {
  const { height, width, channels } = transformedShape(spec.transform, { ...image, channels: 1 });
  const network = describeNetwork({
    input: [height, width, channels],
    layers: trainedLayers(spec, 0, image.classes),
  });
  let multiplyAdds = 0;
  let inputs: readonly number[] = network.input;
  network.layers.forEach((layer, index) => {
    const outputs = network.shapes[index] ?? [];
    const positions = outputs.reduce((product, side) => product * side, 1);
    if (layer.kind === 'dense') multiplyAdds += positions * (inputs[0] ?? 0);
    if (layer.kind === 'conv2d') {
      const [rows, columns] = kernelSize(layer.kernel);
      multiplyAdds += positions * rows * columns * (inputs[2] ?? 0);
    }
    inputs = outputs;
  });
  return {
    features: height * width * channels,
    squares: network.layers.filter((layer) => layer.kind === 'square').length,
    multiplyAdds,
  };
}
