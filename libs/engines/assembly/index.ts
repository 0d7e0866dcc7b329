export { modulusInit } from '@ciphernet/ring/assembly/modulus';
export { pack, centreRows, largest } from './pack';
export { gemm } from './gemm';
export { square2, square3 } from './square';
export { addConstant, largestMagnitude, productBlock } from './products';
export { unpack } from './unpack';
export { interleaveFour, takeColumn } from './columns';
export { minimalRoot, rootsInit } from '@ciphernet/ring/assembly/roots';
export { nttForward, nttInverse } from '@ciphernet/ring/assembly/ntt';
export { rescaleLast, rescaleLimb } from '@ciphernet/ring/assembly/rescale';

import { BLOCK_BYTES, MAX_WEIGHT_SUM_PACKED, MAX_WEIGHT_SUM_SQUARED, SUM_BYTES } from './gemm';
import { PAIR_BYTES } from './pack';

// What the host has to know as well; a test compares the two.
export function blockBytes(): i32 {
  return <i32>BLOCK_BYTES;
}
export function sumBytes(): i32 {
  return <i32>SUM_BYTES;
}
export function pairBytes(): i32 {
  return <i32>PAIR_BYTES;
}
export function maxWeightSumPacked(): i32 {
  return MAX_WEIGHT_SUM_PACKED;
}
export function maxWeightSumSquared(): i32 {
  return MAX_WEIGHT_SUM_SQUARED;
}
