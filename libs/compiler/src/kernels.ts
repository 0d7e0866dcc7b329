import { type WasmMemory, wasmFactory } from '@ciphernet/ring';

/** Loops over circuits in double precision; layouts stand beside each in `assembly/`. */
interface CircuitExports {
  applyBlock(
    weights: number,
    rows: number,
    columns: number,
    inputs: number,
    outputs: number,
    x: number,
    gathered: number,
    y: number,
  ): void;
  backBlock(
    weights: number,
    rows: number,
    columns: number,
    inputs: number,
    outputs: number,
    slopes: number,
    gathered: number,
    back: number,
  ): void;
  addBias(y: number, bias: number, count: number): void;
  square(x: number, y: number, count: number): void;
  addProducts(centred: number, size: number, sum: number): void;
  addSquares(centred: number, size: number, count: number, sum: number): void;
}

/** The loops with a memory of their own. */
export type CircuitKernels = CircuitExports & WasmMemory;

/** Bytes of a double. */
export const DOUBLE = 8;

/** Kernels with a memory of their own. */
export const createCircuitKernels: () => CircuitKernels = wasmFactory<CircuitExports>(
  new URL('../dist/circuit.wasm', import.meta.url),
);

/** So many doubles from an address on. Views end where the memory grows: after the last allocation. */
export function doublesAt(kernels: WasmMemory, at: number, count: number): Float64Array<ArrayBuffer> {
  return new Float64Array(kernels.u32().buffer, at, count);
}
