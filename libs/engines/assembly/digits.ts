// Digits of residues. x = low + high * 2^15 with low in [-2^14, 2^14) and |high| <= |x| / 2^15 + 1/2.
// Two neighbouring features a, b share a 32-bit lane as an int16 pair (a in the low half), which is what
// i32x4.dot_i16x8_s multiplies by a pair of weights.

/** In: |a|, |b| < 2^30 - 2^14. Out: pairs of low digits, each in [-2^14, 2^14). */
// @ts-ignore: decorator
@inline
export function lowPairs(a: v128, b: v128): v128 {
  const low = i32x4.shr_s(i32x4.shl(a, 17), 17);
  const high = i32x4.shr_s(i32x4.shl(b, 17), 1); // the same digit, 16 bits further up
  return v128.shuffle<i16>(low, high, 0, 9, 2, 11, 4, 13, 6, 15);
}

/** In: |a|, |b| < 2^30 - 2^14, so that doubling stays in 32 bits. Out: pairs of high digits, |high| <= |x| / 2^15 + 1/2. */
// @ts-ignore: decorator
@inline
export function highPairs(a: v128, b: v128): v128 {
  const round = i32x4.splat(1 << 14);
  const low = i32x4.shr_s(i32x4.add(a, round), 15);
  const high = i32x4.shl(i32x4.add(b, round), 1);
  return v128.shuffle<i16>(low, high, 0, 9, 2, 11, 4, 13, 6, 15);
}
