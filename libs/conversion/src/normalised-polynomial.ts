import { BATCHNORM_EPSILON } from '@ciphernet/training';
import * as tf from '@tensorflow/tfjs-core';

/** Coefficients of square·z² + linear·z + constant, one a channel; without `square` it is a line. */
export interface Coefficients<T> {
  readonly square?: T | undefined;
  readonly linear: T;
  readonly constant: T;
}

/** What the values of one channel of a batch are like. */
export interface BatchMoments {
  readonly means: Float64Array;
  /** Biased: over the count. */
  readonly variances: Float64Array;
}

/** Values of z beyond ±{@link RANGE_LIMIT} are penalised: they would set the scale of everything that is squared. */
const RANGE_LIMIT = 4;
const RANGE_WEIGHT = 0.01;

/** Means and variances over all but the last axis, whose length is `channels`. */
export function batchMoments(x: Float32Array, channels: number): BatchMoments {
  const means = new Float64Array(channels);
  const variances = new Float64Array(channels);
  const share = channels / x.length;
  for (let i = 0; i < x.length;) for (let c = 0; c < channels; c++) means[c]! += x[i++]!;
  for (let c = 0; c < channels; c++) means[c]! *= share;
  for (let i = 0; i < x.length;) for (let c = 0; c < channels; c++) variances[c]! += (x[i++]! - means[c]!) ** 2;
  for (let c = 0; c < channels; c++) variances[c]! *= share;
  return { means, variances };
}

/** (x − mean) / √(variance + ε) of each channel. */
export function normalisedBy(x: Float32Array, means: ArrayLike<number>, variances: ArrayLike<number>): Float32Array {
  const channels = means.length;
  const scales = Float64Array.from(variances, (variance) => 1 / Math.sqrt(variance + BATCHNORM_EPSILON));
  const z = new Float32Array(x.length);
  for (let i = 0; i < x.length;) for (let c = 0; c < channels; c++, i++) z[i] = (x[i]! - means[c]!) * scales[c]!;
  return z;
}

/** The polynomial of each channel. */
export function polynomialOf(
  z: Float32Array,
  { square, linear, constant }: Coefficients<ArrayLike<number>>,
): Float32Array {
  const channels = linear.length;
  const a = square ?? new Float32Array(channels);
  const y = new Float32Array(z.length);
  for (let i = 0; i < z.length;) {
    for (let c = 0; c < channels; c++, i++) y[i] = (a[c]! * z[i]! + linear[c]!) * z[i]! + constant[c]!;
  }
  return y;
}

/** Mean of max(|z| − limit, 0)², weighted. */
function penaltyOf(z: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < z.length; i++) {
    const excess = Math.abs(z[i]!) - RANGE_LIMIT;
    if (excess > 0) sum += excess * excess;
  }
  return (RANGE_WEIGHT * sum) / z.length;
}

interface Gradients {
  readonly x: Float32Array;
  readonly square: Float32Array;
  readonly linear: Float32Array;
  readonly constant: Float32Array;
}

/**
 * With dz = dy·(2·square·z + linear) and the penalty's share, dx = (dz − mean(dz) − z·mean(dz·z)) / √(variance + ε)
 * (Ioffe, Szegedy, arXiv 1502.03167, section 3).
 */
function gradientsOf(
  dy: Float32Array,
  z: Float32Array,
  variances: Float64Array,
  { square, linear }: Pick<Coefficients<ArrayLike<number>>, 'square' | 'linear'>,
): Gradients {
  const channels = linear.length;
  const a = square ?? new Float32Array(channels);
  const sums = { y: new Float64Array(channels), yz: new Float64Array(channels), yzz: new Float64Array(channels) };
  const [sum, sumZ] = [new Float64Array(channels), new Float64Array(channels)];
  const dx = new Float32Array(z.length);
  const penalty = square === undefined ? 0 : (2 * RANGE_WEIGHT) / z.length;
  for (let i = 0; i < z.length;) {
    for (let c = 0; c < channels; c++, i++) {
      const [g, value] = [dy[i]!, z[i]!];
      sums.y[c]! += g;
      sums.yz[c]! += g * value;
      sums.yzz[c]! += g * value * value;
      let dz = g * (2 * a[c]! * value + linear[c]!);
      if (value > RANGE_LIMIT) dz += penalty * (value - RANGE_LIMIT);
      else if (value < -RANGE_LIMIT) dz += penalty * (value + RANGE_LIMIT);
      dx[i] = dz;
      sum[c]! += dz;
      sumZ[c]! += dz * value;
    }
  }
  const share = channels / z.length;
  const scales = variances.map((variance) => 1 / Math.sqrt(variance + BATCHNORM_EPSILON));
  for (let i = 0; i < z.length;) {
    for (let c = 0; c < channels; c++, i++) dx[i] = (dx[i]! - share * (sum[c]! + z[i]! * sumZ[c]!)) * scales[c]!;
  }
  return {
    x: dx,
    square: Float32Array.from(sums.yzz),
    linear: Float32Array.from(sums.yz),
    constant: Float32Array.from(sums.y),
  };
}

/**
 * Normalisation by the batch and the polynomial of it, as one operation of TensorFlow.js that is computed here: four passes
 * over the values instead of the thirty of its parts, most of which the wasm backend is slow at.
 *
 * The penalty of ranges counts as a part of the loss: its gradient is added here, so the loss has to be the root of the tape.
 *
 * @param onPass receives the batch's moments and the penalty; valid during the call only
 */
export function normalisedPolynomial(
  x: tf.Tensor,
  { square, linear, constant }: Coefficients<tf.Tensor>,
  onPass: (moments: BatchMoments, penalty: number) => void,
): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const inputs = args.slice(0, -1) as tf.Tensor[];
    const [input, b, c, a] = inputs.map((tensor) => tensor.dataSync<'float32'>()) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array?,
    ];
    const moments = batchMoments(input, b.length);
    const z = normalisedBy(input, moments.means, moments.variances);
    onPass(moments, a === undefined ? 0 : penaltyOf(z));
    const y = polynomialOf(z, { square: a, linear: b, constant: c });
    return {
      value: tf.tensor(y, x.shape, 'float32'),
      gradFunc: (dy: tf.Tensor) => {
        const gradients = gradientsOf(dy.dataSync<'float32'>(), z, moments.variances, { square: a, linear: b });
        const given = [
          tf.tensor(gradients.x, x.shape, 'float32'),
          tf.tensor1d(gradients.linear),
          tf.tensor1d(gradients.constant),
        ];
        return a === undefined ? given : [...given, tf.tensor1d(gradients.square)];
      },
    };
  });
  return square === undefined ? operation(x, linear, constant) : operation(x, linear, constant, square);
}
