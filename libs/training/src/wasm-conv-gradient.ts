import { type WasmMemory, wasmFactory } from '@ciphernet/ring';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
  Conv2DBackpropFilter,
  type Conv2DBackpropFilterAttrs,
  type TensorInfo,
  backend_util,
  getKernel,
  registerKernel,
  util,
} from '@tensorflow/tfjs-core';

type Geometry = ReturnType<typeof backend_util.computeConv2DInfo>;

interface GradientExports {
  filterGradient(
    x: number,
    dy: number,
    target: number,
    images: number,
    height: number,
    width: number,
    channels: number,
    outHeight: number,
    outWidth: number,
    filters: number,
    filterHeight: number,
    filterWidth: number,
    down: number,
    right: number,
    top: number,
    left: number,
  ): void;
}

type GradientKernels = GradientExports & WasmMemory;

const createKernels = wasmFactory<GradientExports>(new URL('../dist/filter-gradient.wasm', import.meta.url));

/** Bytes of a float, and floats of a vector. */
const FLOAT = 4;
const LANES = 4;

/**
 * Registers the filter gradient of conv2d, which the wasm backend lacks (4.22): a kernel of ours, on a memory of its own, which x and dy are
 * copied to. It gives the numbers of a matrix product of patches and dy.
 * Does nothing where a kernel is registered already (a later tfjs may bring its own).
 */
export function registerWasmConvGradient(): void {
  if (getKernel(Conv2DBackpropFilter, 'wasm') as unknown) return;
  const rooms = new Rooms();
  registerKernel({
    kernelName: Conv2DBackpropFilter,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
      return gradientTensor(x, dy, attrs as unknown as Conv2DBackpropFilterAttrs, backend as BackendWasm, rooms);
    },
  });
}

/** Memory for one gradient at a time: that of the largest so far, for the life of the thread. */
class Rooms {
  #kernels: GradientKernels | undefined;
  #at = 0;
  #bytes = 0;

  /** @returns kernels whose memory has so many bytes from `at` on */
  of(bytes: number): { readonly kernels: GradientKernels; readonly at: number } {
    if (this.#kernels === undefined || this.#bytes < bytes) {
      this.#kernels = createKernels();
      this.#at = this.#kernels.allocate(bytes);
      this.#bytes = bytes;
    }
    return { kernels: this.#kernels, at: this.#at };
  }
}

function gradientTensor(
  x: TensorInfo,
  dy: TensorInfo,
  attrs: Conv2DBackpropFilterAttrs,
  backend: BackendWasm,
  rooms: Rooms,
): TensorInfo {
  const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs;
  if (dataFormat !== 'NHWC') {
    throw new Error(`Conv2DBackpropFilter (wasm): data format ${dataFormat} is not supported; use NHWC.`);
  }
  const shape = x.shape as [number, number, number, number];
  const geometry = backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode);
  util.assert(
    filterShape[2] === geometry.inChannels && util.sizeFromShape(dy.shape) === util.sizeFromShape(geometry.outShape),
    () => `Conv2DBackpropFilter (wasm): dy ${dy.shape} does not match a filter ${filterShape} on x ${x.shape}.`,
  );
  // All tensors first, heap views after: makeOutput can grow the memory, which detaches the views.
  const output = backend.makeOutput(filterShape, 'float32');
  const values = (tensor: TensorInfo): Float32Array => backend.typedArrayFromHeap(tensor) as Float32Array;
  try {
    writeGradient(values(x), values(dy), values(output), geometry, rooms);
  } catch (error) {
    backend.disposeData(output.dataId);
    throw error;
  }
  return output;
}

function writeGradient(x: Float32Array, dy: Float32Array, target: Float32Array, g: Geometry, rooms: Rooms): void {
  const filters = g.outChannels;
  const padded = Math.ceil(filters / LANES) * LANES;
  const gradients = (dy.length / filters) * padded;
  const sums = (target.length / filters) * padded;
  const { kernels, at } = rooms.of((gradients + sums + x.length) * FLOAT);
  const memory = new Float32Array(kernels.u32().buffer, at, gradients + sums + x.length);
  copyRows(dy, filters, memory, padded);
  memory.set(x, gradients + sums);
  const sumsAt = at + gradients * FLOAT;
  kernels.filterGradient(
    sumsAt + sums * FLOAT,
    at,
    sumsAt,
    g.batchSize,
    g.inHeight,
    g.inWidth,
    g.inChannels,
    g.outHeight,
    g.outWidth,
    padded,
    g.filterHeight,
    g.filterWidth,
    g.strideHeight,
    g.strideWidth,
    g.padInfo.top,
    g.padInfo.left,
  );
  copyRows(memory.subarray(gradients, gradients + sums), padded, target, filters);
}

/** Rows of one length to rows of another, which are cut, or left as they are behind what they get. */
function copyRows(from: Float32Array, length: number, to: Float32Array, wanted: number): void {
  if (length === wanted) return to.set(from);
  const count = Math.min(length, wanted);
  const rows = from.length / length;
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < count; i++) to[row * wanted + i] = from[row * length + i]!;
  }
}
