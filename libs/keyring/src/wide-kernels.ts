import { type SharedMemory, type WasmModule, compileWide, instanceOn } from '@ciphernet/ring';

/** Routines on four polynomials at a time; ranges and layouts stand beside each in `assembly/wide/`. Pointers are byte offsets. */
export interface WideKernels {
  isFused(): number;
  embedLanes(
    values: number,
    factor: number,
    order: number,
    twiddles: number,
    rotations: number,
    rounding: number,
    work: number,
    logSlots: number,
  ): void;
  transformLanes(source: number, values: number, logN: number, prime: number, isFolded: number): void;
  inverseLanes(source: number, values: number, logN: number, prime: number, forward: number): void;
}

/** What goes into them and comes out of them, among the usual kernels: assembly/lanes.ts. */
export interface LaneKernels {
  lanePrime(tables: number, logN: number, modulusPointer: number, target: number): void;
  regroup(
    source: number,
    images: number,
    features: number,
    first: number,
    count: number,
    slots: number,
    target: number,
  ): number;
  laneMessages(work: number, errors: number, logSlots: number, isHalf: boolean, target: number): void;
  laneIntegers(transformed: number, logN: number, target: number): void;
  laneProducts(transformed: number, key: number, logN: number, modulusPointer: number, target: number): void;
  laneDifference(product: number, error: number, logN: number, modulusPointer: number): void;
  laneSum(
    difference: number,
    message: number,
    specialInverse: number,
    logN: number,
    modulusPointer: number,
    target: number,
  ): void;
  lanePublicRows(
    transformed: number,
    u: number,
    key: number,
    count: number,
    logN: number,
    tile: number,
    target: number,
    tileBytes: number,
    modulusPointer: number,
  ): void;
  laneRows(
    transformed: number,
    count: number,
    mask: number,
    secret: number,
    logN: number,
    tile: number,
    target: number,
    tileBytes: number,
    modulusPointer: number,
  ): void;
}

const path = new URL('../dist/encryption-wide.wasm', import.meta.url);

let compiled: { readonly module: WasmModule | undefined } | undefined;

/** The module, compiled once a thread; undefined where V8 is not known to make vectors of 256 bits. Whether the processor has what they need is for `agrees` to find. */
export function wideModule(): WasmModule | undefined {
  compiled ??= { module: compileWide(path) };
  return compiled.module;
}

/** Instantiates it on the memory of the other kernels. */
export const wideKernels = (module: WasmModule, memory: SharedMemory): WideKernels =>
  instanceOn<WideKernels>(module, memory);
