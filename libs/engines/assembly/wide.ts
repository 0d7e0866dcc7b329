// The product alone, for a compilation of its own in which V8 merges neighbouring vectors into 256 bits (src/wasm/wide.ts). No static data:
// it shares the memory of the other kernels.
export { gemm } from './gemm';
