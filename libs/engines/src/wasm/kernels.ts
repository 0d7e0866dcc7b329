import { type RingExports, type WasmMemory, wasmFactory } from '@ciphernet/ring';

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
  gemm(
    blocks: number,
    blockCount: number,
    packed: number,
    packedStride: number,
    groups: number,
    out: number,
    rowStride: number,
    groupStride: number,
    modulusPointer: number,
    withBias: number,
  ): void;
  square2: Square;
  square3: Square;
  /** The largest |value| of `words` i32 values, to be read as u32; words is a multiple of 4. */
  largestMagnitude(values: number, words: number): number;
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

/** Bytes of a block record of `gemm`: `BLOCK_BYTES` of assembly/gemm.ts. */
export const BLOCK_BYTES = 32;
/** Bytes of a pair row, four low and four high digit pairs: `PAIR_BYTES` of assembly/pack.ts. */
export const PAIR_BYTES = 32;
/** Digits of `pack` are at most 2^14, so this bounds Σ|w| of an output of the first map: (2^31 − 2^17) / 2^14. */
export const MAX_WEIGHT_SUM_PACKED = 131_063;
/** Digits after a square are at most 22,530: (2^31 − 2^17) / 22,530. */
export const MAX_WEIGHT_SUM_SQUARED = 95_311;

/** The kernels with a memory of their own. */
export type Kernels = KernelExports & WasmMemory;

/** The compiled kernels: of the built package, also where its sources run (tests). */
const path: URL = new URL('../../dist/wasm/kernels.wasm', import.meta.url);

/** Compiles the kernels once a thread and instantiates them with a fresh memory. */
export const createKernels: () => Kernels = wasmFactory<KernelExports>(path);
