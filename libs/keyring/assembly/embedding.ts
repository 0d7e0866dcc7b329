// Slots to coefficients, for real slots: the inverse of CKKS' canonical embedding (Cheon, Kim, Kim, Song, ASIACRYPT 2017,
// section 3.2), as SEAL's encoder computes it (native/src/seal/ckks.h `encode_internal`).
//
// A polynomial of N coefficients whose N/2 slots are real equals itself under X -> 1/X, so its coefficients are a_0, a_i and
// a_(N-i) = -a_i, and its values at the odd powers of the 2N-th root of unity are a_0 + 2 sum a_i cos(pi (2t + 1) i / N).
// With M = N/2 that is a cosine transform of M points: a = DCT-II(values) / M. The conjugate-invariant
// ring of N coefficients has M = N slots and keeps a_0 … a_(N-1), which the others mirror (ring/assembly/fold.ts). Makhoul (IEEE ASSP 28, 1980) makes of it a
// Fourier transform of M real numbers, which is one of H = M/2 complex ones.

import { ROUNDING } from './wide/arithmetic';

/** x * w for complex x = (re, im); at w: [c, c], [-d, d] of w = c + d i. */
// @ts-ignore: decorator
@inline
function multiply(x: v128, w: usize): v128 {
  return f64x2.add(f64x2.mul(x, v128.load(w)), f64x2.mul(v128.shuffle<f64>(x, x, 1, 0), v128.load(w, 16)));
}

/** x * -i. */
// @ts-ignore: decorator
@inline
function turn(x: v128): v128 {
  return v128.xor(v128.shuffle<f64>(x, x, 1, 0), i64x2(0, i64.MIN_VALUE));
}

/** Two numbers of f32 whose indices stand at `order`, as f64 times `factor`. */
// @ts-ignore: decorator
@inline
function gather(values: usize, order: usize, factor: v128): v128 {
  const first = v128.load32_zero(values + (<usize>load<u16>(order) << 2));
  const both = v128.load32_lane(values + (<usize>load<u16>(order, 2) << 2), first, 1);
  return f64x2.mul(f64x2.promote_low_f32x4(both), factor);
}

/** The first two stages, whose roots are 1 and -i, of what `order` makes bit-reversed. work: takes H complex f64, H a multiple of 4. */
function firstStages(values: usize, order: usize, factor: f64, work: usize, end: usize): void {
  const by = f64x2.splat(factor);
  for (; work < end; work += 64, order += 16) {
    const a = gather(values, order, by), b = gather(values, order + 4, by);
    const c = gather(values, order + 8, by), d = gather(values, order + 12, by);
    const ab = f64x2.add(a, b), ba = f64x2.sub(a, b), cd = f64x2.add(c, d), dc = turn(f64x2.sub(c, d));
    v128.store(work, f64x2.add(ab, cd));
    v128.store(work, f64x2.add(ba, dc), 16);
    v128.store(work, f64x2.sub(ab, cd), 32);
    v128.store(work, f64x2.sub(ba, dc), 48);
  }
}

/** In place, H = 2^logH complex f64 after their first two stages, natural out. twiddles: entry L + j (32 bytes) is e^(-pi i j / L). */
function fourier(work: usize, logH: i32, twiddles: usize): void {
  const bytes = <usize>16 << logH;
  const end = work + bytes;
  let half: usize = 64;
  // An odd stage goes first, the others in pairs.
  if (logH & 1) {
    for (let start = work; start < end; start += 2 * half) {
      for (let j: usize = 0; j < half; j += 16) {
        const x = v128.load(start + j);
        const y = multiply(v128.load(start + j + half), twiddles + 2 * (half + j));
        v128.store(start + j, f64x2.add(x, y));
        v128.store(start + j + half, f64x2.sub(x, y));
      }
    }
    half <<= 1;
  }
  for (; half < bytes; half <<= 2) {
    for (let start = work; start < end; start += 4 * half) {
      let first = twiddles + 2 * half, second = twiddles + 4 * half;
      for (let at = start; at < start + half; at += 16, first += 32, second += 32) {
        const a = v128.load(at), b = multiply(v128.load(at + half), first);
        const c = v128.load(at + 2 * half), d = multiply(v128.load(at + 3 * half), first);
        const ab = f64x2.add(a, b), ba = f64x2.sub(a, b);
        // The root of b and d is that of a and c times -i.
        const cd = multiply(f64x2.add(c, d), second), dc = turn(multiply(f64x2.sub(c, d), second));
        v128.store(at, f64x2.add(ab, cd));
        v128.store(at + half, f64x2.add(ba, dc));
        v128.store(at + 2 * half, f64x2.sub(ab, cd));
        v128.store(at + 3 * half, f64x2.sub(ba, dc));
      }
    }
  }
}

/**
 * Coefficients of the polynomial that has the given values in its slots, times `factor` times M, rounded.
 *
 * values: `count` f32, slot by slot; the other slots are zero. |values| * factor * M < 2^30.
 * order: M u16, the slots in the order of `work`. twiddles: H entries, see above. rotations: two entries for each k of 0 .. H.
 * work: M f64. target: 2M i32; M in the conjugate-invariant ring, for which isHalf is set. logM: of the slots, 3 to 16.
 */
export function embed(
  values: usize, count: i32, factor: f64, order: usize, twiddles: usize, rotations: usize,
  work: usize, target: usize, logM: i32, isHalf: bool,
): void {
  const m = <usize>1 << logM, h = m >> 1;
  const used = <usize>count << 2;
  // Where the coefficients will be the values are whole: what they are picked from has no end to look for.
  memory.copy(target, values, used);
  memory.fill(target + used, 0, (m << 2) - used);
  firstStages(target, order, factor, work, work + (m << 3));
  fourier(work, logM - 1, twiddles);
  const conjugate = f64x2(1, -1);
  const rounding = f64x2.splat(ROUNDING);
  // Coefficients k, M - k, M + k and 2M - k.
  const middle = target + (m << 2), top = middle + (m << 2);
  for (let k: usize = 0; k <= h; k++) {
    const x = v128.load(work + ((k & (h - 1)) << 4));
    const y = f64x2.mul(v128.load(work + (((h - k) & (h - 1)) << 4)), conjugate);
    const w = f64x2.add(multiply(f64x2.add(x, y), rotations), multiply(f64x2.sub(x, y), rotations + 32));
    rotations += 64;
    const rounded = f64x2.add(w, rounding), opposite = i32x4.neg(rounded);
    const at = k << 2;
    v128.store32_lane(target + at, rounded, 0);
    if (k == 0) continue;
    // At k = H both name the same coefficient: the imaginary part is minus the real one, but for its rounding.
    if (k < h) v128.store32_lane(middle - at, opposite, 2);
    if (isHalf) continue;
    v128.store32_lane(top - at, opposite, 0);
    if (k < h) v128.store32_lane(middle + at, rounded, 2);
  }
  if (!isHalf) store<i32>(middle, 0);
}
