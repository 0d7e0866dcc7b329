import { elementAt } from '@ciphernet/foundation';
import { type Layer, type Network, shapesOf } from '@ciphernet/network';
import type { LayersModelArtifact, WeightSpec } from './artifact.js';

interface Written {
  readonly className: string;
  readonly config: Record<string, unknown>;
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly values: Float32Array;
  }[];
}

/** What tfjs calls a layer, its configuration and its weights; `channels` of its input. */
function writeLayer(layer: Layer, channels: number): Written {
  const weight = (name: string, shape: readonly number[], values: Float32Array) => ({
    name: `${layer.name}/${name}`,
    shape,
    values,
  });
  switch (layer.kind) {
    case 'conv2d':
      return {
        className: 'Conv2D',
        config: {
          filters: layer.filters,
          kernel_size: layer.kernel,
          strides: layer.stride,
          padding: layer.padding,
          data_format: 'channels_last',
          dilation_rate: [1, 1],
          activation: 'linear',
          use_bias: true,
        },
        weights: [
          weight('kernel', [...layer.kernel, channels, layer.filters], layer.weights),
          weight('bias', [layer.filters], layer.bias),
        ],
      };
    case 'dense':
      return {
        className: 'Dense',
        config: { units: layer.units, activation: 'linear', use_bias: true },
        weights: [weight('kernel', [channels, layer.units], layer.weights), weight('bias', [layer.units], layer.bias)],
      };
    case 'averagePool':
      return {
        className: 'AveragePooling2D',
        config: { pool_size: layer.size, strides: layer.stride, padding: layer.padding, data_format: 'channels_last' },
        weights: [],
      };
    case 'batchNorm': {
      // Folded already: γ and β are factor and offset, on statistics that change nothing.
      const constant = (value: number): Float32Array => new Float32Array(channels).fill(value);
      return {
        className: 'BatchNormalization',
        config: { axis: -1, epsilon: 0, center: true, scale: true },
        weights: [
          weight('gamma', [channels], layer.factor),
          weight('beta', [channels], layer.offset),
          weight('moving_mean', [channels], constant(0)),
          weight('moving_variance', [channels], constant(1)),
        ],
      };
    }
    case 'flatten':
      return { className: 'Flatten', config: {}, weights: [] };
    case 'square':
      return { className: 'Square', config: {}, weights: [] };
    case 'polynomial':
      return { className: 'Polynomial', config: { a: layer.a, b: layer.b, c: layer.c }, weights: [] };
  }
}

/**
 * A network as the artifact that tfjs' own `loadLayersModel` reads; `Square` and `Polynomial` are custom layers, which a
 * reader has to register. The same network always gives the same bytes.
 *
 * @throws InputError when weights and shapes disagree
 */
export function networkToLayersModel(network: Network): LayersModelArtifact {
  const shapes = shapesOf(network);
  const { height, width, channels } = network.input;
  const weightSpecs: WeightSpec[] = [];
  const chunks: Uint8Array[] = [];
  const layers = network.layers.map((layer, index) => {
    const before = index === 0 ? channels : elementAt(shapes, index - 1).channels;
    const { className, config, weights } = writeLayer(layer, before);
    for (const { name, shape, values } of weights) {
      weightSpecs.push({ name, shape: [...shape], dtype: 'float32' });
      chunks.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    const first = index === 0 ? { batch_input_shape: [null, height, width, channels], dtype: 'float32' } : {};
    return { class_name: className, config: { name: layer.name, trainable: true, ...first, ...config } };
  });
  return {
    modelTopology: {
      class_name: 'Sequential',
      config: { name: network.name, layers },
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
    },
    weightSpecs,
    weightData: new Uint8Array(Buffer.concat(chunks)),
  };
}
