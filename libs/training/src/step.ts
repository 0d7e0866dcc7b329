import * as tf from '@tensorflow/tfjs-core';
import { type BatchOutcome, crossEntropy } from './cross-entropy.js';
import { forward, uploadWeights } from './forward.js';
import { registerGradients } from './gradients.js';
import { type Random, stream } from './random.js';
import { type TrainableNetwork as Network, slotOf } from './topology.js';

registerGradients();

/** Share of the old value in batchnorm's running mean and variance. */
const MOMENTUM = 0.9;

/** Kernels N(0, 1/fan-in): unit variance before each square. Biases 0, batchnorm the identity. */
export function initialWeights(network: Network, seed: number): Float32Array {
  const random = stream(seed, 'weights', 0);
  const weights = new Float32Array(network.size);
  for (const { name, offset, size, deviation } of network.slots) {
    const constant = name === 'gamma' || name === 'variance' ? 1 : 0;
    for (let i = offset; i < offset + size; i++) {
      weights[i] = deviation === 0 ? constant : random.normal() * deviation;
    }
  }
  return weights;
}

/**
 * Loss and gradient of one batch. Changes in `weights` only batchnorm's running statistics.
 *
 * The weights become new tensors each time, by intention: XNNPACK keeps packed copies of filters
 * and matrices by tensor id, so changing a tensor's memory in place would go on using old weights.
 */
export function trainBatch(
  network: Network,
  weights: Float32Array,
  images: Float32Array,
  labels: Uint8Array,
  random: Random,
): BatchOutcome & { gradient: Float32Array } {
  const gradient = new Float32Array(network.trainedSize);
  const outcome: BatchOutcome = { loss: 0, correct: 0 };
  tf.tidy(() => {
    const tensors = uploadWeights(network, weights);
    const statistics = tensors.slice(network.trainedSlots);
    const x = tf.tensor4d(images, [labels.length, network.input.height, network.input.width, network.input.channels]);
    const loss = (...trained: tf.Tensor[]): tf.Scalar => {
      const logits = forward(network, [...trained, ...statistics], x, {
        random,
        onMoments: (layer, mean, variance) => {
          blend(network, weights, layer, 'mean', mean);
          blend(network, weights, layer, 'variance', variance);
        },
      });
      return crossEntropy(logits, labels, outcome);
    };
    const { grads } = tf.valueAndGrads(loss)(tensors.slice(0, network.trainedSlots));
    grads.forEach((grad, slot) => gradient.set(grad.dataSync<'float32'>(), network.slots[slot]!.offset));
  });
  return { ...outcome, gradient };
}

function blend(
  network: Network,
  weights: Float32Array,
  layer: number,
  name: 'mean' | 'variance',
  batch: tf.Tensor,
): void {
  const slot = slotOf(network, layer, name);
  const values = batch.dataSync<'float32'>();
  for (let i = 0; i < slot.size; i++) {
    weights[slot.offset + i] = MOMENTUM * weights[slot.offset + i]! + (1 - MOMENTUM) * values[i]!;
  }
}
