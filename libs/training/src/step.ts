import * as tf from '@tensorflow/tfjs-core';
import { type BatchOutcome, crossEntropy, crossEntropyOnDevice, softmaxOutcome } from './cross-entropy.js';
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
 *
 * @throws DeviceError where the step is on a GPU that fails
 */
export async function trainBatch(
  network: Network,
  weights: Float32Array,
  images: Float32Array,
  labels: Uint8Array,
  random: Random,
): Promise<BatchOutcome & { gradient: Float32Array }> {
  const gradient = new Float32Array(network.trainedSize);
  // Values of the backend webgpu cannot be waited for inside a step: it runs through on the device, and is read as a whole.
  const entropy = tf.getBackend() === 'webgpu' ? crossEntropyOnDevice : crossEntropy;
  /** What is read after the step; scopes of gradients would dispose of it. */
  const kept: { readonly tensor: tf.Tensor; readonly onValues: (values: Float32Array) => void }[] = [];
  const keep = (tensor: tf.Tensor, onValues: (values: Float32Array) => void): void =>
    void kept.push({ tensor: tf.keep(tensor), onValues });
  let outcome: BatchOutcome = { loss: 0, correct: 0 };
  try {
    tf.tidy(() => {
      const tensors = uploadWeights(network, weights);
      const statistics = tensors.slice(network.trainedSlots);
      const x = tf.tensor4d(images, [labels.length, network.input.height, network.input.width, network.input.channels]);
      const loss = (...trained: tf.Tensor[]): tf.Scalar => {
        const logits = forward(network, [...trained, ...statistics], x, {
          random,
          onMoments: (layer, mean, variance) => {
            keep(mean, (values) => blend(network, weights, layer, 'mean', values));
            keep(variance, (values) => blend(network, weights, layer, 'variance', values));
          },
        });
        keep(logits, (values) => (outcome = softmaxOutcome(values, labels)));
        return entropy(logits, labels);
      };
      const { grads } = tf.valueAndGrads(loss)(tensors.slice(0, network.trainedSlots));
      grads.forEach((grad, slot) => keep(grad, (values) => gradient.set(values, network.slots[slot]!.offset)));
    });
    const values = await Promise.all(kept.map(({ tensor }) => tensor.data<'float32'>()));
    kept.forEach(({ onValues }, i) => onValues(values[i]!));
  } finally {
    kept.forEach(({ tensor }) => tensor.dispose());
  }
  return { loss: outcome.loss, correct: outcome.correct, gradient };
}

function blend(
  network: Network,
  weights: Float32Array,
  layer: number,
  name: 'mean' | 'variance',
  batch: Float32Array,
): void {
  const slot = slotOf(network, layer, name);
  for (let i = 0; i < slot.size; i++) {
    weights[slot.offset + i] = MOMENTUM * weights[slot.offset + i]! + (1 - MOMENTUM) * batch[i]!;
  }
}
