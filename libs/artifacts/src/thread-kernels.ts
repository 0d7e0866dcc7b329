import { type RingExports, type WasmMemory, createRingKernels } from '@ciphernet/ring';

let kernels: (RingExports & WasmMemory) | undefined;

/** The ring's routines of this thread, with one memory for all that works in it; take views after the last allocation. */
export function threadKernels(): RingExports & WasmMemory {
  return (kernels ??= createRingKernels());
}
