import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
  BatchMatMul,
  type BatchMatMulAttrs,
  type KernelConfig,
  type TensorInfo,
  Transpose,
  getKernel,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';

type Kernel = (args: { inputs: Record<string, TensorInfo>; backend: BackendWasm; attrs: object }) => TensorInfo;

let isRegistered = false;

/**
 * The wasm backend multiplies plain matrices with XNNPACK but falls back to three naive loops, 30
 * to 40 times slower, when either side is to be transposed - as one is in every matMul gradient.
 * Transposing first costs one pass over the operand. Call after the wasm backend was initialised;
 * calling it again does nothing.
 */
export function registerWasmMatMul(): void {
  if (isRegistered) return;
  const registered = getKernel(BatchMatMul, 'wasm') as KernelConfig | undefined;
  if (registered === undefined) {
    throw new Error(
      'registerWasmMatMul: the wasm backend has no BatchMatMul kernel yet; import ' +
        '@tensorflow/tfjs-backend-wasm before calling this.',
    );
  }
  isRegistered = true;
  const multiply = registered.kernelFunc as unknown as Kernel;
  // Unregistered first: registerKernel over an existing kernel prints a warning.
  unregisterKernel(BatchMatMul, 'wasm');
  registerKernel({
    ...registered,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
      const { transposeA, transposeB } = attrs as unknown as BatchMatMulAttrs;
      const wasm = backend as BackendWasm;
      const left = transposeA ? swapLastTwo(a, wasm) : a;
      const right = transposeB ? swapLastTwo(b, wasm) : b;
      const product = multiply({
        inputs: { a: left, b: right },
        backend: wasm,
        attrs: { transposeA: false, transposeB: false },
      });
      if (left !== a) wasm.disposeData(left.dataId);
      if (right !== b) wasm.disposeData(right.dataId);
      return product;
    },
  });
}

function swapLastTwo(x: TensorInfo, backend: BackendWasm): TensorInfo {
  const transpose = getKernel(Transpose, 'wasm').kernelFunc as unknown as Kernel;
  const rank = x.shape.length;
  const perm = x.shape.map((_, axis) => axis);
  perm[rank - 2] = rank - 1;
  perm[rank - 1] = rank - 2;
  return transpose({ inputs: { x }, backend, attrs: { perm } });
}
