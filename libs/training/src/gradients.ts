import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';

/**
 * Gradients of the operations that `forward` uses. The package's own sit in
 * dist/register_all_gradients.js, which its Node entry leaves out and which Node cannot import
 * (ESM with specifiers without extensions); the other way to get them is the whole of
 * @tensorflow/tfjs (webgl, converter, data). Those that are registered already are left as they are.
 */
export function registerGradients(): void {
  for (const config of GRADIENTS) {
    if ((tf.getGradient(config.kernelName) as GradConfig | undefined) === undefined) {
      tf.registerGradient(config);
    }
  }
}

const GRADIENTS: readonly GradConfig[] = [
  {
    kernelName: tf.Conv2D,
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, saved, attrs) => {
      const [x, filter] = saved as [Tensor, Tensor];
      const { strides, pad, dataFormat, dimRoundingMode, dilations } = attrs as unknown as tf.Conv2DAttrs;
      if ([dilations].flat().some((rate) => rate !== 1)) {
        throw new Error(`Conv2D gradient: dilation ${dilations} is not supported; use 1.`);
      }
      const shared = { strides, pad, dataFormat, dimRoundingMode };
      return {
        x: () => kernel(tf.Conv2DBackpropInput, { dy: one(dy), filter }, { ...shared, inputShape: x.shape }),
        filter: () => kernel(tf.Conv2DBackpropFilter, { x, dy: one(dy) }, { ...shared, filterShape: filter.shape }),
      };
    },
  },
  {
    kernelName: tf.BatchMatMul,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved, attrs) => {
      const [a, b] = saved as [Tensor, Tensor];
      const { transposeA, transposeB } = attrs as unknown as tf.BatchMatMulAttrs;
      if (transposeA || transposeB) {
        throw new Error('BatchMatMul gradient: transposed operands are not supported; transpose first.');
      }
      return {
        a: () => tf.matMul(one(dy), b, false, true),
        b: () => tf.matMul(a, one(dy), true, false),
      };
    },
  },
  {
    kernelName: tf.Multiply,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as [Tensor, Tensor];
      if (a.shape.join() !== b.shape.join()) {
        throw new Error(
          `Multiply gradient: shapes [${a.shape}] and [${b.shape}] differ; broadcasting is not supported.`,
        );
      }
      return { a: () => tf.mul(one(dy), b), b: () => tf.mul(one(dy), a) };
    },
  },
  {
    kernelName: tf.Square,
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => ({ x: () => tf.mul(one(dy), tf.mul(saved[0]!, 2)) }),
  },
  {
    kernelName: tf.Reshape,
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => ({ x: () => tf.reshape(one(dy), saved[0]!.shape) }),
  },
  {
    // The average of a pool is cast to its input's type, which is the same.
    kernelName: tf.Cast,
    gradFunc: (dy) => ({ x: () => tf.cast(one(dy), 'float32') }),
  },
  {
    kernelName: tf.AvgPool,
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attrs) => {
      const { filterSize, strides, pad } = attrs as unknown as tf.AvgPoolAttrs;
      const input = saved[0]!;
      return {
        x: () => kernel(tf.AvgPoolGrad, { dy: one(dy), input }, { filterSize, strides, pad }),
      };
    },
  },
];

/** All operations here have one output. */
function one(dy: Tensor | Tensor[]): Tensor {
  return Array.isArray(dy) ? dy[0]! : dy;
}

function kernel(name: string, inputs: Record<string, Tensor>, attrs: object): Tensor {
  return tf.engine().runKernel(name, inputs, attrs as NamedAttrMap);
}
