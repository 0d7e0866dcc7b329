import { readFileSync } from 'node:fs';

/**
 * The WASM kernels. Pointers are byte offsets into the instance's memory; ranges and layouts stand beside each
 * routine in `assembly/`. Nothing here checks them: the evaluator derives every bound before it calls.
 */
export interface KernelExports {
  modulusInit(modulus: number, prime: number): void;
  largest(values: number, words: number): number;
  pack(
    rows: number,
    rowStride: number,
    pairs: number,
    pairCount: number,
    groups: number,
    packed: number,
    groupStride: number,
    modulus: number,
  ): void;
  centreRows(
    rows: number,
    rowStride: number,
    count: number,
    groups: number,
    tile: number,
    tileGroup: number,
    modulus: number,
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
    modulus: number,
    withBias: number,
  ): void;
  square2: Square;
  square3: Square;
  unpack(
    tile: number,
    tileGroup: number,
    rows: number,
    groups: number,
    out: number,
    rowStride: number,
    power: number,
    modulus: number,
  ): void;
  minimalRoot(prime: number, logN: number): number;
  rootsInit(tables: number, logN: number, modulus: number): number;
  nttForward(values: number, logN: number, tables: number, modulus: number): void;
  nttInverse(values: number, logN: number, tables: number, modulus: number): void;
  rescaleLast(last: number, logN: number, tables: number, modulus: number): void;
  rescaleLimb(
    limb: number,
    last: number,
    scratch: number,
    logN: number,
    tables: number,
    modulus: number,
    lastPrime: number,
  ): void;
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
  modulus: number,
) => void;

/** Bytes of the record that `modulusInit` fills. */
export const MODULUS_BYTES = 16;
/** Bytes of a block record of `gemm`. */
export const BLOCK_BYTES = 32;
/** Bytes of a pair row: four low and four high digit pairs. */
export const PAIR_BYTES = 32;
/** Digits of `pack` are at most 2^14, so this bounds Σ|w| of an output of the first map: (2^31 − 2^17) / 2^14. */
export const MAX_WEIGHT_SUM_PACKED = 131_063;
/** Digits after a square are at most 22,530: (2^31 − 2^17) / 22,530. */
export const MAX_WEIGHT_SUM_SQUARED = 95_311;
/** The kernels' derivations want 2^20 ≤ p < 2^30. */
export const MIN_PRIME = 2 ** 20;

/** The module's own static data lies below this. */
const FIRST_FREE = 65_536;
const PAGE = 65_536;
const ALIGNMENT = 64;

/** One instance with a memory of its own, handed out front to back and never given back: it lives for one evaluation. */
export interface Kernels extends KernelExports {
  /** Reserves bytes, aligned to a cache line, zeroed. Memory grows; take views after the last call. */
  allocate(bytes: number): number;
  /** Views over the whole memory; made anew because growing detaches the old ones. */
  u32(): Uint32Array<ArrayBuffer>;
  i32(): Int32Array<ArrayBuffer>;
  i16(): Int16Array<ArrayBuffer>;
  /** Bytes of the memory now. */
  size(): number;
}

/** File of the compiled kernels. */
export const kernelsPath: URL = new URL('./kernels.wasm', import.meta.url);

let compiled: WebAssembly.Module | undefined;

/** Compiles the kernels once a thread and instantiates them with a fresh memory. */
export function createKernels(): Kernels {
  compiled ??= new WebAssembly.Module(readFileSync(kernelsPath));
  const memory = new WebAssembly.Memory({ initial: 2 });
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  const exports = instance.exports as unknown as KernelExports;
  let top = FIRST_FREE;
  return {
    ...exports,
    allocate(bytes) {
      const at = Math.ceil(top / ALIGNMENT) * ALIGNMENT;
      top = at + bytes;
      const missing = top - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
      return at;
    },
    u32: () => new Uint32Array(memory.buffer),
    i32: () => new Int32Array(memory.buffer),
    i16: () => new Int16Array(memory.buffer),
    size: () => memory.buffer.byteLength,
  };
}
