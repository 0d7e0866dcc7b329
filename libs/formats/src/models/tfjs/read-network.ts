import { UnsupportedError, elementAt, parseOrThrow } from '@ciphernet/foundation';
import { type Layer, type Network, type Padding, type Shape, shapesOf } from '@ciphernet/network';
import { z } from 'zod';
import { type LayersModelArtifact, readWeights } from './artifact.js';

const layerSchema = z.object({
  class_name: z.string(),
  config: z.looseObject({ name: z.string().default('?') }),
});
const topologySchema = z.object({
  class_name: z.literal('Sequential'),
  config: z.object({ name: z.string(), layers: z.array(layerSchema).min(1).max(200) }),
});
type LayerJson = z.infer<typeof layerSchema>;

const pair = z.tuple([z.number().int().positive(), z.number().int().positive()]).readonly();

/** What to do about the layers that people try first. */
const ADVICE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    MaxPooling2D: 'a maximum is not a polynomial: use average pooling',
    LSTM: 'recurrent layers are too deep: use a feed-forward network',
    GRU: 'recurrent layers are too deep: use a feed-forward network',
    ReLU: 'it is not a polynomial: train with square or polynomial activations',
    Softmax: 'leave it out: the largest logit is the same class',
  }),
);

function refuse(what: string, layer: string, hint: string): never {
  throw new UnsupportedError(what, { where: `layer ${layer}`, hint });
}

function checkActivation(json: LayerJson, isLast: boolean): void {
  const activation = json.config['activation'] ?? 'linear';
  if (activation === 'linear' || (isLast && (activation === 'softmax' || activation === 'sigmoid'))) return;
  const name = typeof activation === 'string' ? activation : JSON.stringify(activation);
  refuse(
    `activation '${name}' cannot be evaluated under encryption`,
    json.config.name,
    'train with square or polynomial activations of degree 2',
  );
}

function paddingOf(json: LayerJson): Padding {
  return parseOrThrow(
    z.enum(['valid', 'same']),
    json.config['padding'] ?? 'valid',
    `layer ${json.config.name}.padding`,
  );
}

function toLayer(json: LayerJson, isLast: boolean, weight: (name: string) => Float32Array): Layer | undefined {
  const { config } = json;
  const name = config.name;
  const where = `layer ${name}`;
  const biasOf = (length: number): Float32Array =>
    config['use_bias'] === false ? new Float32Array(length) : weight(`${name}/bias`);
  switch (json.class_name) {
    case 'InputLayer':
    case 'Dropout':
    case 'GaussianNoise':
      return undefined;
    case 'Conv2D': {
      checkActivation(json, isLast);
      const fields = parseOrThrow(
        z.object({
          filters: z.number().int().positive(),
          kernel_size: pair,
          strides: pair,
          dilation_rate: z.tuple([z.literal(1), z.literal(1)]).default([1, 1]),
          data_format: z.literal('channels_last').nullable().default('channels_last'),
        }),
        config,
        where,
        'dilation and channels_first are not supported',
      );
      return {
        kind: 'conv2d',
        name,
        filters: fields.filters,
        kernel: fields.kernel_size,
        stride: fields.strides,
        padding: paddingOf(json),
        weights: weight(`${name}/kernel`),
        bias: biasOf(fields.filters),
      };
    }
    case 'Dense': {
      checkActivation(json, isLast);
      const { units } = parseOrThrow(z.object({ units: z.number().int().positive() }), config, where);
      return { kind: 'dense', name, units, weights: weight(`${name}/kernel`), bias: biasOf(units) };
    }
    case 'AveragePooling2D': {
      const fields = parseOrThrow(z.object({ pool_size: pair, strides: pair }), config, where);
      return { kind: 'averagePool', name, size: fields.pool_size, stride: fields.strides, padding: paddingOf(json) };
    }
    case 'Flatten':
      return { kind: 'flatten', name };
    case 'BatchNormalization': {
      const { epsilon } = parseOrThrow(z.object({ epsilon: z.number().nonnegative() }), config, where);
      const mean = weight(`${name}/moving_mean`);
      const variance = weight(`${name}/moving_variance`);
      const gamma = config['scale'] === false ? mean.map(() => 1) : weight(`${name}/gamma`);
      const beta = config['center'] === false ? mean.map(() => 0) : weight(`${name}/beta`);
      const factor = gamma.map((value, i) => value / Math.sqrt(elementAt(variance, i) + epsilon));
      return {
        kind: 'batchNorm',
        name,
        factor,
        offset: beta.map((value, i) => value - elementAt(mean, i) * elementAt(factor, i)),
      };
    }
    case 'Square':
      return { kind: 'square', name };
    case 'Polynomial': {
      const fields = parseOrThrow(z.object({ a: z.number(), b: z.number(), c: z.number() }), config, where);
      return { kind: 'polynomial', name, ...fields };
    }
    default:
      return refuse(
        `${json.class_name} cannot be evaluated under encryption`,
        name,
        ADVICE.get(json.class_name) ??
          'use Conv2D, Dense, AveragePooling2D, Flatten, BatchNormalization, Square or Polynomial',
      );
  }
}

function inputShapeOf(layers: readonly LayerJson[]): Shape {
  const raw = layers[0]?.config['batch_input_shape'] ?? layers[0]?.config['batch_shape'];
  const shape = parseOrThrow(
    z.union([
      z.tuple([z.null(), z.number().int().positive(), z.number().int().positive(), z.number().int().positive()]),
      z.tuple([z.null(), z.number().int().positive()]),
    ]),
    raw,
    'model input shape',
    'the first layer must declare its input shape: [height, width, channels] or [features]',
  );
  return shape.length === 2
    ? { height: 1, width: 1, channels: shape[1] }
    : { height: shape[1], width: shape[2], channels: shape[3] };
}

/**
 * Reads a sequential TensorFlow.js LayersModel, from this project's training or any other.
 *
 * @throws UnsupportedError with the layer's name, the reason and what to do, for anything that is not polynomial of
 * degree 2; InputError for an artifact that does not hold together
 */
export function networkFromLayersModel(artifact: LayersModelArtifact): Network {
  const topology = parseOrThrow(
    topologySchema,
    artifact.modelTopology,
    'model topology',
    'only sequential LayersModels are read',
  );
  const weight = readWeights(artifact);
  const json = topology.config.layers;
  const layers: Layer[] = [];
  json.forEach((layer, i) => {
    const isSoftmaxEnd = i === json.length - 1 && layer.class_name === 'Softmax';
    if (layer.class_name === 'Activation') checkActivation(layer, i === json.length - 1);
    else if (!isSoftmaxEnd) {
      const read = toLayer(layer, i === json.length - 1, weight);
      if (read !== undefined) layers.push(read);
    }
  });
  const network: Network = { name: topology.config.name, input: inputShapeOf(json), layers };
  shapesOf(network);
  return network;
}
