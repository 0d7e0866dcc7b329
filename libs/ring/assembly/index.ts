export { modulusInit } from './modulus';
export { minimalRoot, rootsInit } from './roots';
export { nttForward, nttInverse } from './ntt';
export { rescaleLast, rescaleLimb } from './rescale';
export { blockInputs, cutWords } from './uniform';
export { packWords, unpackWords } from './words';

import { MIN_PRIME, MODULUS_BYTES } from './modulus';
import { CONJUGATE_INVARIANT } from './roots';

// What the host has to know as well; a test compares the two.
export function modulusBytes(): i32 {
  return <i32>MODULUS_BYTES;
}
export function minPrime(): u32 {
  return MIN_PRIME;
}
export function conjugateInvariant(): i32 {
  return CONJUGATE_INVARIANT;
}
