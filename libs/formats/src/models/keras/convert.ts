import { InputError, UnsupportedError, parseOrThrow } from '@ciphernet/foundation';
import { type Shape, sizeOf } from '@ciphernet/network';
import { z } from 'zod';
import type { LayersModelArtifact } from '../tfjs/artifact.js';
import { type Activation, activationOf } from './activation.js';
import { type ArtifactWriter, artifactWriter } from './artifact-writer.js';
import { addBatchNormalization, addNormalization, addRescaling } from './channel-layers.js';
import { addConvolution, addDense, addFlatten, addPooling } from './linear-layers.js';
import { refuseLayer } from './refusal.js';
import type { KerasChain, KerasLayer } from './topology.js';
import type { LayerWeights } from './weights.js';

/** Layers that act while training only. */
const OF_TRAINING = new Set([
  ...['Dropout', 'SpatialDropout2D', 'AlphaDropout', 'GaussianDropout', 'GaussianNoise', 'ActivityRegularization'],
  ...['RandomFlip', 'RandomRotation', 'RandomZoom', 'RandomTranslation', 'RandomContrast', 'RandomBrightness'],
]);

const axis = z
  .number()
  .int()
  .positive()
  .max(2 ** 16);
const inputSchema = z.union([z.tuple([z.unknown(), axis, axis, axis]), z.tuple([z.unknown(), axis.max(2 ** 24)])]);
/** Values of one example; far above what fits into a ciphertext's budget. */
const MOST_INPUTS = 2 ** 24;

function inputOf(
  { layers, inputShape }: KerasChain,
  where: string,
): { readonly shape: Shape; readonly isImage: boolean } {
  const first = layers[0]?.config ?? {};
  const written = first['batch_shape'] ?? first['batch_input_shape'] ?? inputShape;
  const shape = parseOrThrow(
    inputSchema,
    written,
    `${where}, input shape`,
    'a model of images [height, width, channels] or of rows [features] is read; build it before it is saved',
  );
  const read =
    shape.length === 2
      ? { shape: { height: 1, width: 1, channels: shape[1] }, isImage: false }
      : { shape: { height: shape[1], width: shape[2], channels: shape[3] }, isImage: true };
  if (sizeOf(read.shape) > MOST_INPUTS) {
    throw new InputError(`an input of ${sizeOf(read.shape)} values`, { where, hint: 'use smaller images' });
  }
  return read;
}

/** A shape that is the same values in the same order: flat, or as it was. */
function addReshape(layer: KerasLayer, writer: ArtifactWriter): void {
  const target = parseOrThrow(
    z.array(z.number().int()).min(1).max(8),
    layer.config['target_shape'],
    `layer ${layer.name}`,
  );
  const shape = writer.shape();
  const total = sizeOf(shape);
  const known = target.reduce((product, length) => (length === -1 ? product : product * length), 1);
  const resolved = target.map((length) => (length === -1 ? total / known : length));
  if (resolved.length === 1 && resolved[0] === total) {
    if (writer.isSpatial()) addFlatten(layer.name, writer);
    return;
  }
  const current = writer.isSpatial() ? [shape.height, shape.width, shape.channels] : [shape.channels];
  if (resolved.join() !== current.join()) {
    refuseLayer(layer, [`it makes [${target.join(', ')}] of [${current.join(', ')}]`, 'use Flatten']);
  }
}

function addSquare(name: string, writer: ArtifactWriter): void {
  writer.add({ className: 'Square', name, topology: { kind: 'square' } });
}

function addLayer(layer: KerasLayer, weights: LayerWeights, writer: ArtifactWriter): void {
  const { className, name, config, isProductWithItself } = layer;
  if (config['data_format'] === 'channels_first') {
    refuseLayer(layer, ['it has its channels first', 'train with channels_last, the default of Keras']);
  }
  switch (className) {
    case 'Conv2D':
    case 'DepthwiseConv2D':
      return addConvolution(layer, weights, writer);
    case 'Dense':
      return addDense(layer, weights, writer);
    case 'AveragePooling2D':
    case 'GlobalAveragePooling2D':
      return addPooling(layer, writer);
    case 'Flatten':
      return writer.isSpatial() ? addFlatten(name, writer) : undefined;
    case 'Reshape':
      return addReshape(layer, writer);
    case 'BatchNormalization':
      return addBatchNormalization(layer, weights, writer);
    case 'Rescaling':
      return addRescaling(layer, writer);
    case 'Normalization':
      return addNormalization(layer, weights, writer);
    case 'Square':
      return addSquare(name, writer);
    case 'Multiply':
      return isProductWithItself ? addSquare(name, writer) : refuseLayer(layer);
    case 'TFOpLambda':
      return config['function'] === 'math.square' ? addSquare(name, writer) : refuseLayer(layer);
    case 'Activation':
    case 'Softmax':
    case 'InputLayer':
      return undefined;
    default:
      return refuseLayer(layer);
  }
}

/** What a layer ends with. @throws UnsupportedError for what is no square, and no head */
function endOf(layer: KerasLayer, where: string): Activation {
  if (layer.className === 'Softmax') return 'softmax';
  return activationOf(layer.config['activation'], where);
}

/**
 * A chain of Keras's layers as an artifact of TensorFlow.js, with squares as layers of their own and a softmax or sigmoid as
 * the last one.
 *
 * @param where names the file in errors
 * @throws UnsupportedError naming the layer, the reason and what to do; InputError for weights that do not fit
 */
export function artifactOfChain(chain: KerasChain, weights: LayerWeights, where: string): LayersModelArtifact {
  const { shape, isImage } = inputOf(chain, where);
  const writer = artifactWriter(shape, isImage);
  let head: { readonly layer: KerasLayer; readonly activation: Activation } | undefined;
  for (const layer of chain.layers) {
    if (layer.className === 'InputLayer' || OF_TRAINING.has(layer.className)) continue;
    if (head !== undefined) {
      throw new UnsupportedError(`${head.activation} is followed by ${layer.className}: it can only be the end`, {
        where: `layer ${head.layer.name}`,
        hint: 'an exponential is no polynomial: train with squares, and leave softmax and sigmoid to the end',
      });
    }
    addLayer(layer, weights, writer);
    const activation = endOf(layer, `layer ${layer.name}`);
    if (activation === 'square') addSquare(`${layer.name}/square`, writer);
    else if (activation !== 'linear') head = { layer, activation };
  }
  if (head !== undefined) {
    const { layer, activation } = head;
    if (activation === 'softmax' && writer.shape().channels === 1) {
      throw new UnsupportedError('a softmax of one value is always 1', {
        where: `layer ${layer.name}`,
        hint: 'end with a sigmoid, or with two outputs',
      });
    }
    writer.add({ className: 'Activation', name: `${layer.name}/${activation}`, config: { activation } });
  }
  return writer.artifact(chain.name);
}
