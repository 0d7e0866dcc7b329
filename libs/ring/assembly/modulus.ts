// One prime p (odd, below 2^30; data primes, which products and squares are computed by, from 2^20 on) and the constants that reduce by it.
//
// Record of 16 bytes, all i32:
//    0  p
//    4  p^-1 mod 2^32 (signed Montgomery: m = low(t) * p^-1, result high(t) - high(m * p))
//    8  2^32 mod p, centred in [-p/2, p/2]   12  2^64 mod p, centred
//
// Every product kernel divides by R = 2^32 once and none multiplies back in between: residues carry a known power
// of R^-1, and `unpack` removes it. A fresh input carries 0; `gemm` maps e to e + 1, a square e to 2e + 1. Conv, square,
// dense: 1, 3, 4; one more square and dense: 9, 10.

export const MODULUS_BYTES: usize = 16;

/** Smaller primes break the bounds of `gemm`'s sums and of the squares. */
export const MIN_PRIME: u32 = 1 << 20;

export function modulusInit(modulus: usize, p: u32): void {
  store<u32>(modulus, p);
  // Newton: an odd p is its own inverse to 3 bits, and each step doubles the bits: 3, 6, 12, 24, 48.
  let inverse: u32 = p;
  for (let i = 0; i < 4; i++) inverse *= 2 - p * inverse;
  store<u32>(modulus, inverse, 4);
  store<i32>(modulus, centredPower(32, p), 8);
  store<i32>(modulus, centredPower(64, p), 12);
}

/** 2^exponent mod p in [-p/2, p/2]. */
export function centredPower(exponent: i32, p: u32): i32 {
  let power: u32 = 1;
  for (let i = 0; i < exponent; i++) {
    power <<= 1; // < 2^31
    if (power >= p) power -= p;
  }
  return power > p >> 1 ? <i32>(power - p) : <i32>power;
}

/** base^exponent mod p by repeated squaring; p < 2^32, base < p. */
export function power(base: u64, exponent: u64, p: u64): u64 {
  let result: u64 = 1;
  for (; exponent; exponent >>= 1) {
    if (exponent & 1) result = (result * base) % p;
    base = (base * base) % p;
  }
  return result;
}

/** value * 2^32 mod p, centred: the form in which factors are multiplied in. value < p. */
export function montgomeryForm(value: u64, p: u64): i32 {
  const form = <u32>((value << 32) % p);
  return form > <u32>p >> 1 ? <i32>(form - <u32>p) : <i32>form;
}

/**
 * Signed Montgomery reduction of four 64-bit numbers: t * 2^-32 mod p.
 * In: low = t0, t1 and high = t2, t3 with |t| <= p * 2^31. Out: four i32, |r| <= p/2 + |t| / 2^32 (<= p).
 */
// @ts-ignore: decorator
@inline
export function montgomery(low: v128, high: v128, p: v128, inverse: v128): v128 {
  const m = i32x4.mul(v128.shuffle<i32>(low, high, 0, 2, 4, 6), inverse);
  const t = v128.shuffle<i32>(low, high, 1, 3, 5, 7);
  const u = v128.shuffle<i32>(i64x2.extmul_low_i32x4_s(m, p), i64x2.extmul_high_i32x4_s(m, p), 1, 3, 5, 7);
  return i32x4.sub(t, u);
}

/** a * b * 2^-32 mod p. In: |a * b| <= p * 2^31. Out: |r| <= p/2 + |a * b| / 2^32. */
// @ts-ignore: decorator
@inline
export function montgomeryProduct(a: v128, b: v128, p: v128, inverse: v128): v128 {
  return montgomery(i64x2.extmul_low_i32x4_s(a, b), i64x2.extmul_high_i32x4_s(a, b), p, inverse);
}

/** In: |x| <= 3p/2 (below 2^31, since p < 2^30). Out: [-p/2, p/2]. */
// @ts-ignore: decorator
@inline
export function centre(x: v128, p: v128): v128 {
  const half = i32x4.shr_u(p, 1);
  const above = v128.and(i32x4.gt_s(x, half), p);
  const below = v128.and(i32x4.lt_s(x, i32x4.neg(half)), p);
  return i32x4.add(i32x4.sub(x, above), below);
}

/** In: (-p, 2p). Out: [0, p), or [0, 2p) for numbers from p on, which stay as they are. A negative number is the larger one as unsigned, so the smaller of x and x + p is right. */
// @ts-ignore: decorator
@inline
export function canonicalFromSigned(x: v128, p: v128): v128 {
  return i32x4.min_u(x, i32x4.add(x, p));
}

/** In: [0, 2p). Out: [0, p). */
// @ts-ignore: decorator
@inline
export function canonicalFromDouble(x: v128, p: v128): v128 {
  return i32x4.min_u(x, i32x4.sub(x, p));
}
