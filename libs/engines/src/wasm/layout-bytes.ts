// What the host and the kernels' assembly both have to know of memory; a test compares the two.

/** Bytes of a block record of `gemm`: `BLOCK_BYTES` of assembly/gemm.ts. */
export const BLOCK_BYTES = 32;
/** Bytes of `sums` of `gemm`: `SUM_BYTES` of assembly/gemm.ts. */
export const SUM_BYTES = 256;
/** Bytes of a pair row, four low and four high digit pairs: `PAIR_BYTES` of assembly/pack.ts. */
export const PAIR_BYTES = 32;
