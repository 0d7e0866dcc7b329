import { canonicalFromDouble } from './modulus';

/**
 * x * root mod p in [0, 2p), for any x < 2^32: Shoup's product. quotient is floor(root * 2^32 / p), so that
 * floor(x * quotient / 2^32) is the quotient of x * root by p, or one less.
 */
// @ts-ignore: decorator
@inline
export function multiplyRoot(x: v128, root: v128, quotient: v128, p: v128): v128 {
  const q = v128.shuffle<i32>(i64x2.extmul_low_i32x4_u(x, quotient), i64x2.extmul_high_i32x4_u(x, quotient), 1, 3, 5, 7);
  return i32x4.sub(i32x4.mul(x, root), i32x4.mul(q, p));
}

/** In: [0, 4p). Out: [0, 2p). */
// @ts-ignore: decorator
@inline
export function halve(x: v128, twice: v128): v128 {
  return i32x4.min_u(x, i32x4.sub(x, twice));
}

/** In: [0, 4p). Out: [0, p). */
// @ts-ignore: decorator
@inline
export function canonical(x: v128, twice: v128, p: v128): v128 {
  return canonicalFromDouble(halve(x, twice), p);
}
