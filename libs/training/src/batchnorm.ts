import * as tf from '@tensorflow/tfjs-core';

/** Keras' default; the exported model states it too. */
export const BATCHNORM_EPSILON = 1e-3;

/** Sums over all axes but the last: a product with a row of ones is a fast matMul on wasm. */
export function columnSums(x: tf.Tensor): tf.Tensor {
  const columns = x.shape.at(-1)!;
  const rows = x.size / columns;
  return tf.reshape(tf.matMul(tf.ones([1, rows]), tf.reshape(x, [rows, columns])), [columns]);
}

/**
 * Batch normalisation by the batch's own mean and (biased) variance, over all axes but the last.
 * With n = (x - mean) / deviation:
 *   dx = gamma / deviation * (dy - mean(dy) - n * mean(dy * n))
 */
export function normalizeBatch(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  onMoments: (mean: tf.Tensor, variance: tf.Tensor) => void,
): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const [input, scale, shift, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const share = input.shape.at(-1)! / input.size;
    const mean = tf.mul(columnSums(input), share);
    const centred = tf.sub(input, mean);
    const variance = tf.mul(columnSums(tf.square(centred)), share);
    onMoments(mean, variance);
    const inverse = tf.rsqrt(tf.add(variance, BATCHNORM_EPSILON));
    const normal = tf.mul(centred, inverse);
    save([normal, tf.mul(inverse, scale)]);
    return {
      value: tf.add(tf.mul(normal, scale), shift),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [n, factor] = saved as [tf.Tensor, tf.Tensor];
        const sum = columnSums(dy);
        const product = columnSums(tf.mul(dy, n));
        const rest = tf.add(tf.mul(sum, share), tf.mul(n, tf.mul(product, share)));
        return [tf.mul(tf.sub(dy, rest), factor), product, sum];
      },
    };
  });
  return operation(x, gamma, beta);
}
