import type { LayerTopology } from '@ciphernet/network';
import * as tf from '@tensorflow/tfjs-core';
import { BATCHNORM_EPSILON, columnSums, normalizeBatch } from './batchnorm.js';
import type { Random } from './random.js';
import type { Slot, TrainableNetwork as Network } from './topology.js';

/** What a pass needs besides when it trains. */
export interface TrainingPass {
  /** Draws the dropout masks. */
  readonly random: Random;
  /** Batch statistics of a batchnorm layer; valid during the call only. */
  readonly onMoments: (layer: number, mean: tf.Tensor, variance: tf.Tensor) => void;
}

/** Weight tensors of a network, slot by slot. Copies of `flat` on wasm and native backends. */
export function uploadWeights(network: Network, flat: Float32Array): tf.Tensor[] {
  return network.slots.map((slot) =>
    tf.tensor(flat.subarray(slot.offset, slot.offset + slot.size), [...slot.shape], 'float32'),
  );
}

/** Logits of a batch [n, height, width, channels]. Without `training`: as the exported model does. */
export function forward(
  network: Network,
  weights: readonly tf.Tensor[],
  images: tf.Tensor,
  training?: TrainingPass,
): tf.Tensor2D {
  let x = images;
  network.layers.forEach((layer, index) => {
    const weight = (name: Slot['name']): tf.Tensor => {
      const slot = network.slots.findIndex((s) => s.layer === index && s.name === name);
      return weights[slot]!;
    };
    x = applyLayer(layer, index, x, weight, training);
  });
  return x as tf.Tensor2D;
}

function applyLayer(
  layer: LayerTopology,
  index: number,
  x: tf.Tensor,
  weight: (name: Slot['name']) => tf.Tensor,
  training: TrainingPass | undefined,
): tf.Tensor {
  switch (layer.kind) {
    case 'conv2d': {
      const kernel = weight('kernel') as tf.Tensor4D;
      return addBias(tf.conv2d(x as tf.Tensor4D, kernel, [...layer.stride], layer.padding), weight('bias'));
    }
    case 'dense':
      return addBias(tf.matMul(x, weight('kernel')), weight('bias'));
    case 'square':
      return tf.square(x);
    case 'flatten':
      return tf.reshape(x, [x.shape[0], -1]);
    case 'averagePool':
      return tf.avgPool(x as tf.Tensor4D, [...layer.size], [...layer.stride], layer.padding);
    case 'polynomial':
      return tf.add(tf.add(tf.mul(tf.square(x), layer.a), tf.mul(x, layer.b)), layer.c);
    case 'dropout':
      return training === undefined || layer.rate === 0
        ? x
        : tf.mul(x, dropoutMask(x.shape, layer.rate, training.random));
    case 'batchNorm': {
      if (training !== undefined) {
        return normalizeBatch(x, weight('gamma'), weight('beta'), (mean, variance) =>
          training.onMoments(index, mean, variance),
        );
      }
      const factor = tf.mul(tf.rsqrt(tf.add(weight('variance'), BATCHNORM_EPSILON)), weight('gamma'));
      return tf.add(tf.mul(tf.sub(x, weight('mean')), factor), weight('beta'));
    }
  }
}

/**
 * x + bias over the last axis. Its own gradient, because the stock one sums over the leading axes
 * by a slow transpose on the wasm backend.
 */
const addBias = tf.customGrad<tf.Tensor>((x, bias) => ({
  value: tf.add(x as tf.Tensor, bias as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => [dy, columnSums(dy)],
}));

/** 1/(1-rate) with probability 1-rate, else 0. One 32-bit draw decides two units: rate is exact to 2^-16. */
function dropoutMask(shape: number[], rate: number, random: Random): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  const mask = new Float32Array(size);
  const dropped = Math.round(rate * 65536);
  const kept = 1 / (1 - rate);
  for (let i = 0; i < size; i += 2) {
    const word = random.word();
    mask[i] = (word & 0xffff) < dropped ? 0 : kept;
    // Past the end for an odd size: typed arrays ignore the write.
    mask[i + 1] = word >>> 16 < dropped ? 0 : kept;
  }
  return tf.tensor(mask, shape, 'float32');
}
