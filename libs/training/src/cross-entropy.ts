import * as tf from '@tensorflow/tfjs-core';

/** Figures of one batch. */
export interface BatchOutcome {
  /** Sum over the batch, in nats. */
  loss: number;
  correct: number;
}

/**
 * Softmax cross entropy of a batch's logits [count × classes] in double precision, in one pass: figures, and the mean loss's
 * gradient by the logits.
 */
export function softmaxOutcome(
  logits: Float32Array,
  labels: Uint8Array,
): BatchOutcome & { readonly gradient: Float32Array } {
  const count = labels.length;
  const classes = logits.length / count;
  const gradient = new Float32Array(logits.length);
  const outcome: BatchOutcome = { loss: 0, correct: 0 };
  for (let row = 0; row < count; row++) {
    const start = row * classes;
    const label = labels[row]!;
    let best = 0;
    for (let k = 1; k < classes; k++) if (logits[start + k]! > logits[start + best]!) best = k;
    const highest = logits[start + best]!;
    let total = 0;
    for (let k = 0; k < classes; k++) total += Math.exp(logits[start + k]! - highest);
    for (let k = 0; k < classes; k++) {
      const probability = Math.exp(logits[start + k]! - highest) / total;
      gradient[start + k] = (probability - (k === label ? 1 : 0)) / count;
    }
    outcome.loss += Math.log(total) + highest - logits[start + label]!;
    if (best === label) outcome.correct++;
  }
  return { ...outcome, gradient };
}

/**
 * Mean softmax cross entropy as an operation with its own gradient. The logits of a batch are a
 * thousand numbers: computed here in double precision, in one pass, they cost less than the dozen kernel calls of
 * tf.losses.softmaxCrossEntropy.
 */
export function crossEntropy(logits: tf.Tensor2D, labels: Uint8Array): tf.Scalar {
  const operation = tf.customGrad((input) => {
    const { loss, gradient } = softmaxOutcome((input as tf.Tensor2D).dataSync<'float32'>(), labels);
    return {
      value: tf.scalar(loss / labels.length),
      // The loss is the root of the tape, so the incoming gradient is 1.
      gradFunc: () => tf.tensor2d(gradient, (input as tf.Tensor2D).shape),
    };
  });
  return operation(logits);
}

/**
 * The same where values come back from a device only after the step: its gradient stays on the device, in single precision, and
 * its value is 0. Figures are {@link softmaxOutcome} of the logits when they have come.
 */
export function crossEntropyOnDevice(logits: tf.Tensor2D, labels: Uint8Array): tf.Scalar {
  const operation = tf.customGrad((input) => {
    const [count, classes] = (input as tf.Tensor2D).shape;
    const answers = new Float32Array(count * classes);
    labels.forEach((label, row) => (answers[row * classes + label] = 1));
    return {
      value: tf.scalar(0),
      gradFunc: () =>
        tf.mul(tf.sub(tf.softmax(input as tf.Tensor2D), tf.tensor2d(answers, [count, classes])), 1 / count),
    };
  });
  return operation(logits);
}
