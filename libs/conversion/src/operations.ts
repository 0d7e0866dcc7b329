import { elementAt, lastOf } from '@ciphernet/foundation';
import { columnSums } from '@ciphernet/training';
import * as tf from '@tensorflow/tfjs-core';
import type { Pads, Sliding } from './graph.js';

// Operations with gradients of their own: of TensorFlow.js' own only those that training the zoo needs are registered, and
// some of them (sums over leading axes) are slow on the wasm backend.

/** x · factor + offset over the last axis, with constants. */
export function affine(x: tf.Tensor, factor: Float32Array, offset: Float32Array): tf.Tensor {
  const operation = tf.customGrad((input) => ({
    value: tf.add(tf.mul(input as tf.Tensor, tf.tensor1d(factor)), tf.tensor1d(offset)),
    gradFunc: (dy: tf.Tensor) => tf.mul(dy, tf.tensor1d(factor)),
  }));
  return operation(x);
}

/** x + bias over the last axis. */
export const addBias = tf.customGrad<tf.Tensor>((x, bias) => ({
  value: tf.add(x as tf.Tensor, bias as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => [dy, columnSums(dy)],
}));

/** Sum of tensors of one shape. */
export const addSame = tf.customGrad<tf.Tensor>((a, b) => ({
  value: tf.add(a as tf.Tensor, b as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => [dy, dy],
}));

/** Tensors side by side along the last axis. */
export function concatChannels(parts: readonly tf.Tensor[]): tf.Tensor {
  const sizes = parts.map(({ shape }) => lastOf(shape));
  const operation = tf.customGrad((...args) => {
    const tensors = args.slice(0, parts.length) as tf.Tensor[];
    return {
      value: tf.concat(tensors, tensors[0]!.rank - 1),
      gradFunc: (dy: tf.Tensor) => tf.split(dy, sizes, dy.rank - 1),
    };
  });
  return operation(...parts);
}

/** Zeros around images. */
export function padImages(x: tf.Tensor, [top, left, bottom, right]: Pads): tf.Tensor {
  const operation = tf.customGrad((input) => ({
    value: tf.pad(input as tf.Tensor, [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ]),
    gradFunc: (dy: tf.Tensor) => tf.slice(dy, [0, top, left, 0], x.shape),
  }));
  return operation(x);
}

/** TensorFlow.js' padding of a window. */
export function paddingOf([top, left, bottom, right]: Pads): 'valid' | tf.backend_util.ExplicitPadding {
  if (top === 0 && left === 0 && bottom === 0 && right === 0) return 'valid';
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

/** Means over windows, of the elements that exist. TensorFlow.js' own ends with a cast that has no gradient here. */
export function meanPool(x: tf.Tensor, { kernel, stride, pads }: Sliding): tf.Tensor {
  const [filterSize, strides, pad] = [[...kernel], [...stride], paddingOf(pads)] as [
    [number, number],
    [number, number],
    'valid',
  ];
  const operation = tf.customGrad((...args) => {
    const [input, save] = args as [tf.Tensor4D, tf.GradSaveFunc];
    save([input]);
    return {
      value: tf.avgPool(input, filterSize, strides, pad),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const inputs = { dy, input: elementAt(saved, 0) };
        return tf.engine().runKernel<tf.Tensor>(tf.AvgPoolGrad, inputs, { filterSize, strides, pad });
      },
    };
  });
  return operation(x);
}

/** The kernel of a convolution whose result is read back: turned by half a circle, inputs and outputs exchanged. */
function turned(kernel: tf.Tensor4D): tf.Tensor4D {
  const [height, width, inputs, filters] = kernel.shape;
  const values = kernel.dataSync<'float32'>();
  const result = new Float32Array(values.length);
  for (let tap = 0, at = 0; tap < height * width; tap++) {
    const to = (height * width - 1 - tap) * inputs * filters;
    for (let c = 0; c < inputs; c++) for (let f = 0; f < filters; f++) result[to + f * inputs + c] = values[at++]!;
  }
  return tf.tensor4d(result, [height, width, filters, inputs]);
}

/**
 * Convolution. With a stride of 1 its gradient for the input is a convolution too, which the wasm backend is ten times as fast
 * at as at its own gradient kernel.
 *
 * @param isConstant true where the input depends on no weight: then it gets no gradient, which would cost a convolution
 */
export function convolution(
  x: tf.Tensor,
  kernel: tf.Tensor,
  { stride, pads, kernel: window }: Sliding,
  isConstant: boolean,
): tf.Tensor {
  const [strides, pad] = [[...stride] as [number, number], paddingOf(pads)];
  const [top, left, bottom, right] = pads;
  const isDense =
    stride[0] === 1 && stride[1] === 1 && Math.max(top, bottom) < window[0] && Math.max(left, right) < window[1];
  const operation = tf.customGrad((...args) => {
    const [input, filter, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([input, filter]);
    return {
      value: tf.conv2d(input, filter, strides, pad),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [before, weights] = saved as [tf.Tensor4D, tf.Tensor4D];
        const attributes = { strides, pad, dataFormat: 'NHWC', dilations: [1, 1] };
        const run = (name: string, inputs: Record<string, tf.Tensor>, more: object): tf.Tensor =>
          tf.engine().runKernel<tf.Tensor>(name, inputs, { ...attributes, ...more });
        const back: Pads = [window[0] - 1 - top, window[1] - 1 - left, window[0] - 1 - bottom, window[1] - 1 - right];
        const ofInput = (): tf.Tensor =>
          isDense
            ? tf.conv2d(dy as tf.Tensor4D, turned(weights), 1, paddingOf(back))
            : run(tf.Conv2DBackpropInput, { dy, filter: weights }, { inputShape: before.shape });
        // TensorFlow.js reads no gradient that leads to no weight, but wants one for each input.
        return [
          isConstant ? tf.scalar(0) : ofInput(),
          run(tf.Conv2DBackpropFilter, { x: before, dy }, { filterShape: weights.shape }),
        ];
      },
    };
  });
  return operation(x, kernel);
}

/** Images as flat values, channel by channel. */
export function flattenByChannel(x: tf.Tensor): tf.Tensor {
  const [count, height, width, channels] = x.shape as [number, number, number, number];
  const operation = tf.customGrad((input) => ({
    value: tf.reshape(tf.transpose(input as tf.Tensor, [0, 3, 1, 2]), [count, -1]),
    gradFunc: (dy: tf.Tensor) => tf.transpose(tf.reshape(dy, [count, channels, height, width]), [0, 2, 3, 1]),
  }));
  return operation(x);
}

/** Flat values, channel by channel, as images. */
export function unflattenByChannel(x: tf.Tensor, height: number, width: number): tf.Tensor {
  const operation = tf.customGrad((input) => ({
    value: tf.transpose(tf.reshape(input as tf.Tensor, [x.shape[0] ?? 1, -1, height, width]), [0, 2, 3, 1]),
    gradFunc: (dy: tf.Tensor) => tf.reshape(tf.transpose(dy, [0, 3, 1, 2]), x.shape),
  }));
  return operation(x);
}

/** Means over all positions, which stay as one. */
export function globalMean(x: tf.Tensor): tf.Tensor {
  const [, height, width] = x.shape as [number, number, number];
  const operation = tf.customGrad((input) => ({
    value: tf.mean(input as tf.Tensor, [1, 2], true),
    gradFunc: (dy: tf.Tensor) => tf.mul(tf.ones(x.shape), tf.div(dy, height * width)),
  }));
  return operation(x);
}
