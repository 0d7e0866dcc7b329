// Four polynomials at a time, in doubles: lane c of a coefficient is that of polynomial c, so every stage of a transform is the same
// arithmetic on four numbers, without shuffles. A coefficient's four doubles are two neighbouring vectors, of which V8 makes one of 256 bits
// (src/wide.ts): it starts from stores that stand side by side, the upper one first (the other way round it stores the lower one twice).
//
// Residues below 2^30 and sums of them are whole numbers far below 2^53. A product of two is exact as the sum of its double and of what
// that double lacks, which one fused multiply-add gives (Dekker, 1971; van der Hoeven, Lecerf, Quintin, "Modular SIMD arithmetic in
// Mathemagix", 2014, section 3). `isFused` says whether this machine has that.

/** 1.5 * 2^52: added to a double below 2^51 in magnitude it rounds, ties to even; its low word is the integer then, in two's complement. */
export const ROUNDING: f64 = 6755399441055744;

// Constants and roots of one prime p, 32 + 16 N bytes, all f64:
//    0  p    8  1 / p    16  ROUNDING    24  unused
//   32  for each entry of the forward roots (ring/assembly/roots.ts): the root r, then r / p
export const PRIME_BYTES: usize = 32;

/** Bytes of a block whose stages are done one after another: half of a cache of 32 kB. */
export const CACHED: usize = 16384;

/**
 * x * root mod p, centred, a whole number. |x| < 2^48 and whole, p < 2^30. The quotient errs by |x| * 2^-54 at most before it is rounded, so
 * the result is at most p * (1/2 + |x| * 2^-54) in magnitude: p/2 + 2^10 for the |x| < 2^34 of a transform, p/2 + 2^21 for the |x| < 2^45 of an
 * inverse one.
 *
 * quotient: root / p. rounding: ROUNDING in both lanes.
 */
// @ts-ignore: decorator
@inline
export function times(x: v128, root: v128, quotient: v128, p: v128, rounding: v128): v128 {
  const product = f64x2.mul(x, root);
  const q = f64x2.sub(f64x2.relaxed_madd(x, quotient, rounding), rounding);
  const excess = f64x2.relaxed_nmadd(x, root, product);
  return f64x2.sub(f64x2.relaxed_nmadd(q, p, product), excess);
}

/** x mod p in [-p/2 - 1, p/2 + 1], plus ROUNDING. |x| < 2^34 and whole. inverse: 1 / p. */
// @ts-ignore: decorator
@inline
export function reduced(x: v128, inverse: v128, p: v128, rounding: v128): v128 {
  const q = f64x2.sub(f64x2.relaxed_madd(x, inverse, rounding), rounding);
  return f64x2.add(f64x2.relaxed_nmadd(q, p, x), rounding);
}

/** Two i32 as doubles: the integer that 2^52 * 1.5 is as a double, plus them, is that double plus them. */
// @ts-ignore: decorator
@inline
export function whole(at: usize, rounding: v128): v128 {
  return f64x2.sub(i64x2.add(v128.load32x2_s(at), rounding), rounding);
}

/** Whether relaxed_madd rounds once. */
export function isFused(): bool {
  const x = f64x2.splat(1 + 2.0 ** -30);
  // (1 + e)^2 - (1 + 2 e) = e^2, which a rounded product has lost.
  return f64x2.extract_lane(f64x2.relaxed_madd(x, x, f64x2.splat(-1 - 2.0 ** -29)), 0) == 2.0 ** -60;
}
