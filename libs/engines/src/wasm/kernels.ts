import { type RingExports, type WasmMemory, wasmFactory } from '@ciphernet/ring';
import { type Gemm, wideGemm } from './wide.js';

export { BLOCK_BYTES, PAIR_BYTES, SUM_BYTES } from './layout-bytes.js';

/**
 * The kernels of the matrix product. Pointers are byte offsets into the instance's memory; ranges and layouts stand beside
 * each routine in `assembly/`. Nothing here checks them: the engine derives every bound before it calls.
 */
export interface KernelExports extends RingExports {
  /** The largest of `words` values; words is a multiple of 4. */
  largest(values: number, words: number): number;
  pack(
    rows: number,
    rowStride: number,
    groupStep: number,
    pairs: number,
    pairCount: number,
    groups: number,
    packed: number,
    groupStride: number,
    modulusPointer: number,
  ): void;
  centreRows(
    rows: number,
    rowStride: number,
    count: number,
    groups: number,
    tile: number,
    tileGroup: number,
    modulusPointer: number,
  ): void;
  gemm: Gemm;
  square2: Square;
  square3: Square;
  /** The largest |value| of `words` i32 values, to be read as u32; words is a multiple of 4. */
  largestMagnitude(values: number, words: number): number;
  addConstant(row: number, words: number, constant: number, modulusPointer: number): void;
  productBlock(
    cipher: number,
    componentBytes: number,
    pairs: number,
    weights: number,
    outputs: number,
    groups: number,
    scratch: number,
    acc: number,
    rowBytes: number,
    modulusPointer: number,
  ): void;
  unpack(
    tile: number,
    tileGroup: number,
    rows: number,
    groups: number,
    out: number,
    rowStride: number,
    power: number,
    modulusPointer: number,
  ): void;
  takeColumn(tile: number, coefficients: number, x: number, words: number, column: number): void;
  interleaveFour(columns: number, words: number, into: number): void;
}

type Square = (
  tile: number,
  tileComponent: number,
  tileGroup: number,
  rows: number,
  groups: number,
  packed: number,
  packedComponent: number,
  packedGroup: number,
  modulusPointer: number,
) => void;

/** Digits of `pack` are at most 2^14, so this bounds Σ|w| of an output of the first map: (2^31 − 2^17) / 2^14. */
export const MAX_WEIGHT_SUM_PACKED = 131_063;
/** Digits after a square are at most 22,530: (2^31 − 2^17) / 22,530. */
export const MAX_WEIGHT_SUM_SQUARED = 95_311;

/** The kernels with a memory of their own. */
export type Kernels = KernelExports & WasmMemory;

/** The compiled kernels: of the built package, also where its sources run (tests). */
const path: URL = new URL('../../dist/wasm/kernels.wasm', import.meta.url);

/** Kernels as WebAssembly's usual compilation makes them. */
const createUsual = wasmFactory<KernelExports>(path);

/**
 * Instantiates the kernels with a fresh memory; they are compiled once a thread.
 *
 * @param isWide false for the product as it is usually compiled, in vectors of 128 bits
 */
export function createKernels(isWide = true): Kernels {
  const kernels = createUsual();
  const gemm = isWide ? wideGemm(kernels, createUsual) : undefined;
  return gemm === undefined ? kernels : { ...kernels, gemm };
}

/** Bits of the vectors that products are computed in here: 256 where V8 and the processor have them. */
export function vectorBits(): 128 | 256 {
  return wideGemm(createUsual(), createUsual) === undefined ? 128 : 256;
}
