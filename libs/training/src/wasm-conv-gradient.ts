import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
  BatchMatMul,
  Conv2DBackpropFilter,
  type Conv2DBackpropFilterAttrs,
  type TensorInfo,
  backend_util,
  getKernel,
  registerKernel,
  util,
} from '@tensorflow/tfjs-core';

type Geometry = ReturnType<typeof backend_util.computeConv2DInfo>;
type MatMul = (args: {
  inputs: { a: TensorInfo; b: TensorInfo };
  backend: BackendWasm;
  attrs: { transposeA: boolean; transposeB: boolean };
}) => TensorInfo;

/**
 * Registers the filter gradient of conv2d, which the wasm backend lacks (4.22). It is
 *   dFilter[kh*kw*cin, cout] = patches[kh*kw*cin, n*oh*ow] x dy[n*oh*ow, cout]
 * with the patch matrix written already transposed, so that the product takes the fast path.
 * Does nothing where a kernel is registered already (a later tfjs may bring its own).
 */
export function registerWasmConvGradient(): void {
  if (getKernel(Conv2DBackpropFilter, 'wasm') as unknown) return;
  registerKernel({
    kernelName: Conv2DBackpropFilter,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
      return filterGradient(x, dy, attrs as unknown as Conv2DBackpropFilterAttrs, backend as BackendWasm);
    },
  });
}

function filterGradient(
  x: TensorInfo,
  dy: TensorInfo,
  attrs: Conv2DBackpropFilterAttrs,
  backend: BackendWasm,
): TensorInfo {
  const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs;
  if (dataFormat !== 'NHWC') {
    throw new Error(`Conv2DBackpropFilter (wasm): data format ${dataFormat} is not supported; use NHWC.`);
  }
  const geometry = backend_util.computeConv2DInfo(
    x.shape as [number, number, number, number],
    filterShape,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const { batchSize, outHeight, outWidth, outChannels } = geometry;
  const rows = geometry.filterHeight * geometry.filterWidth * geometry.inChannels;
  const positions = batchSize * outHeight * outWidth;

  // All tensors first, heap views after: makeOutput can grow the memory, which detaches the views.
  const patches = backend.makeOutput([rows, positions], 'float32');
  writePatches(
    backend.typedArrayFromHeap(x) as Float32Array,
    backend.typedArrayFromHeap(patches) as Float32Array,
    geometry,
  );
  const multiply = getKernel(BatchMatMul, 'wasm').kernelFunc as unknown as MatMul;
  const product = multiply({
    inputs: { a: patches, b: { ...dy, shape: [positions, outChannels] } },
    backend,
    attrs: { transposeA: false, transposeB: false },
  });
  backend.disposeData(patches.dataId);
  util.assert(
    util.sizeFromShape(filterShape) === rows * outChannels,
    () => `Conv2DBackpropFilter (wasm): filter ${filterShape} does not match x ${x.shape}.`,
  );
  return { ...product, shape: filterShape };
}

/** Row (i, j, c), column (image, oy, ox) = x[image, oy*stride + i - top, ox*stride + j - left, c]. */
function writePatches(x: Float32Array, patches: Float32Array, g: Geometry): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, strideHeight, strideWidth } = g;
  const step = strideWidth * inChannels;
  let at = 0;
  for (let i = 0; i < g.filterHeight; i++) {
    for (let j = 0; j < g.filterWidth; j++) {
      // Output columns whose input column lies inside the image; the others read padding.
      const shift = j - g.padInfo.left;
      const first = Math.min(outWidth, Math.max(0, Math.ceil(-shift / strideWidth)));
      const end = Math.max(first, Math.min(outWidth, Math.ceil((inWidth - shift) / strideWidth)));
      for (let c = 0; c < inChannels; c++) {
        for (let image = 0; image < g.batchSize; image++) {
          for (let oy = 0; oy < outHeight; oy++) {
            const y = oy * strideHeight + i - g.padInfo.top;
            if (y < 0 || y >= inHeight) {
              patches.fill(0, at, at + outWidth);
              at += outWidth;
              continue;
            }
            const row = (image * inHeight + y) * inWidth;
            let from = (row + first * strideWidth + shift) * inChannels + c;
            for (let ox = 0; ox < first; ox++) patches[at++] = 0;
            for (let ox = first; ox < end; ox++, from += step) patches[at++] = x[from]!;
            for (let ox = end; ox < outWidth; ox++) patches[at++] = 0;
          }
        }
      }
    }
  }
}
