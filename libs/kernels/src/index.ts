export {
  type Kernels,
  BLOCK_BYTES,
  MAX_WEIGHT_SUM_PACKED,
  MAX_WEIGHT_SUM_SQUARED,
  MIN_PRIME,
  MODULUS_BYTES,
  PAIR_BYTES,
  createKernels,
  kernelsPath,
} from './kernels.js';
