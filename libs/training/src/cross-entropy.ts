import * as tf from '@tensorflow/tfjs-core';

/** Figures of one batch. */
export interface BatchOutcome {
  /** Sum over the batch, in nats. */
  loss: number;
  correct: number;
}

/**
 * Mean softmax cross entropy as an operation with its own gradient. The logits of a batch are a
 * thousand numbers: computed here in double precision, in one pass together with the count of
 * correct answers, they cost less than the dozen kernel calls of tf.losses.softmaxCrossEntropy.
 * `outcome` receives the figures.
 */
export function crossEntropy(logits: tf.Tensor2D, labels: Uint8Array, outcome: BatchOutcome): tf.Scalar {
  const operation = tf.customGrad((input) => {
    const [count, classes] = (input as tf.Tensor2D).shape;
    const values = (input as tf.Tensor2D).dataSync<'float32'>();
    const gradient = new Float32Array(values.length);
    outcome.loss = 0;
    outcome.correct = 0;
    for (let row = 0; row < count; row++) {
      const start = row * classes;
      const label = labels[row]!;
      let best = 0;
      for (let k = 1; k < classes; k++) if (values[start + k]! > values[start + best]!) best = k;
      const highest = values[start + best]!;
      let total = 0;
      for (let k = 0; k < classes; k++) total += Math.exp(values[start + k]! - highest);
      for (let k = 0; k < classes; k++) {
        const probability = Math.exp(values[start + k]! - highest) / total;
        gradient[start + k] = (probability - (k === label ? 1 : 0)) / count;
      }
      outcome.loss += Math.log(total) + highest - values[start + label]!;
      if (best === label) outcome.correct++;
    }
    return {
      value: tf.scalar(outcome.loss / count),
      // The loss is the root of the tape, so the incoming gradient is 1.
      gradFunc: () => tf.tensor2d(gradient, [count, classes]),
    };
  });
  return operation(logits);
}
