// Slots to coefficients for four polynomials (arithmetic.ts): the same operations in the same order as embedding.ts does for one, so that the
// same doubles come out. A complex number is four real parts, then four imaginary ones: 64 bytes.

import { ROUNDING } from './arithmetic';

/** Four numbers of f32 as two vectors of f64 times `factor`: the lower two at `at`, the upper two 8 bytes further. */
// @ts-ignore: decorator
@inline
function promoted(at: usize, factor: v128): v128 {
  return f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(at)), factor);
}

// @ts-ignore: decorator
@inline
function entry(values: usize, order: usize): usize {
  return values + (<usize>load<u16>(order) << 4);
}

/**
 * The first two stages, whose roots are 1 and -i, of one half of the lanes; a, b, c, d are complex. Narrow: conversions have no
 * vectors of 256 bits here.
 */
// @ts-ignore: decorator
@inline
function firstFour(values: usize, order: usize, factor: v128, to: usize): void {
  const ar = promoted(entry(values, order), factor), ai = promoted(entry(values, order + 2), factor);
  const br = promoted(entry(values, order + 4), factor), bi = promoted(entry(values, order + 6), factor);
  const cr = promoted(entry(values, order + 8), factor), ci = promoted(entry(values, order + 10), factor);
  const dr = promoted(entry(values, order + 12), factor), di = promoted(entry(values, order + 14), factor);
  const pr = f64x2.add(ar, br), pi = f64x2.add(ai, bi), mr = f64x2.sub(ar, br), mi = f64x2.sub(ai, bi);
  const qr = f64x2.add(cr, dr), qi = f64x2.add(ci, di), nr = f64x2.sub(cr, dr), ni = f64x2.sub(ci, di);
  v128.store(to, f64x2.add(pr, qr));
  v128.store(to, f64x2.add(pi, qi), 32);
  // m + n * -i, and m - n * -i.
  v128.store(to, f64x2.add(mr, ni), 64);
  v128.store(to, f64x2.sub(mi, nr), 96);
  v128.store(to, f64x2.sub(pr, qr), 128);
  v128.store(to, f64x2.sub(pi, qi), 160);
  v128.store(to, f64x2.sub(mr, ni), 192);
  v128.store(to, f64x2.add(mi, nr), 224);
}

function firstStages(values: usize, order: usize, factor: f64, work: usize, end: usize): void {
  const by = f64x2.splat(factor);
  for (; work < end; work += 256, order += 16) {
    firstFour(values, order, by, work);
    firstFour(values + 8, order, by, work + 16);
  }
}

/** Real part of x * w, w = c + d i: as the narrow one adds x.re * c and x.im * -d. */
// @ts-ignore: decorator
@inline
function real(re: v128, im: v128, c: v128, d: v128): v128 {
  return f64x2.sub(f64x2.mul(re, c), f64x2.mul(im, d));
}

// @ts-ignore: decorator
@inline
function imaginary(re: v128, im: v128, c: v128, d: v128): v128 {
  return f64x2.add(f64x2.mul(im, c), f64x2.mul(re, d));
}

/** One stage of blocks of 2 * half bytes. roots: 32 bytes each, [c, c], [-d, d]. */
function stage(work: usize, end: usize, half: usize, roots: usize): void {
  for (let start = work; start < end; start += 2 * half) {
    let root = roots;
    for (let at = start; at < start + half; at += 64, root += 32) {
      const c = v128.load64_splat(root), d = v128.load64_splat(root, 24);
      const x = v128.load(at + half), X = v128.load(at + half, 16), y = v128.load(at + half, 32), Y = v128.load(at + half, 48);
      const br = real(x, y, c, d), BR = real(X, Y, c, d), bi = imaginary(x, y, c, d), BI = imaginary(X, Y, c, d);
      const ar = v128.load(at), AR = v128.load(at, 16), ai = v128.load(at, 32), AI = v128.load(at, 48);
      v128.store(at, f64x2.add(AR, BR), 16);
      v128.store(at, f64x2.add(ar, br));
      v128.store(at, f64x2.add(AI, BI), 48);
      v128.store(at, f64x2.add(ai, bi), 32);
      v128.store(at + half, f64x2.sub(AR, BR), 16);
      v128.store(at + half, f64x2.sub(ar, br));
      v128.store(at + half, f64x2.sub(AI, BI), 48);
      v128.store(at + half, f64x2.sub(ai, bi), 32);
    }
  }
}

/** Two stages, of blocks of 2 * half and of 4 * half bytes. first, second: their roots. */
function stages(work: usize, end: usize, half: usize, firstRoots: usize, secondRoots: usize): void {
  for (let start = work; start < end; start += 4 * half) {
    let first = firstRoots, second = secondRoots;
    for (let at = start; at < start + half; at += 64, first += 32, second += 32) {
      const c1 = v128.load64_splat(first), d1 = v128.load64_splat(first, 24);
      const b = at + half, c = b + half, d = c + half;
      const bx = v128.load(b), BX = v128.load(b, 16), by = v128.load(b, 32), BY = v128.load(b, 48);
      const br = real(bx, by, c1, d1), BR = real(BX, BY, c1, d1), bi = imaginary(bx, by, c1, d1), BI = imaginary(BX, BY, c1, d1);
      const dx = v128.load(d), DX = v128.load(d, 16), dy = v128.load(d, 32), DY = v128.load(d, 48);
      const dr = real(dx, dy, c1, d1), DR = real(DX, DY, c1, d1), di = imaginary(dx, dy, c1, d1), DI = imaginary(DX, DY, c1, d1);
      const c2 = v128.load64_splat(second), d2 = v128.load64_splat(second, 24);
      const cr = v128.load(c), CR = v128.load(c, 16), ci = v128.load(c, 32), CI = v128.load(c, 48);
      const pr = f64x2.add(cr, dr), PR = f64x2.add(CR, DR), pi = f64x2.add(ci, di), PI = f64x2.add(CI, DI);
      const mr = f64x2.sub(cr, dr), MR = f64x2.sub(CR, DR), mi = f64x2.sub(ci, di), MI = f64x2.sub(CI, DI);
      const sr = real(pr, pi, c2, d2), SR = real(PR, PI, c2, d2), si = imaginary(pr, pi, c2, d2), SI = imaginary(PR, PI, c2, d2);
      // The root of b and d is that of a and c times -i.
      const tr = imaginary(mr, mi, c2, d2), TR = imaginary(MR, MI, c2, d2), ti = real(mr, mi, c2, d2), TI = real(MR, MI, c2, d2);
      const ar = v128.load(at), AR = v128.load(at, 16), ai = v128.load(at, 32), AI = v128.load(at, 48);
      const abr = f64x2.add(ar, br), ABR = f64x2.add(AR, BR), abi = f64x2.add(ai, bi), ABI = f64x2.add(AI, BI);
      const bar = f64x2.sub(ar, br), BAR = f64x2.sub(AR, BR), bai = f64x2.sub(ai, bi), BAI = f64x2.sub(AI, BI);
      v128.store(at, f64x2.add(ABR, SR), 16);
      v128.store(at, f64x2.add(abr, sr));
      v128.store(at, f64x2.add(ABI, SI), 48);
      v128.store(at, f64x2.add(abi, si), 32);
      v128.store(b, f64x2.add(BAR, TR), 16);
      v128.store(b, f64x2.add(bar, tr));
      v128.store(b, f64x2.sub(BAI, TI), 48);
      v128.store(b, f64x2.sub(bai, ti), 32);
      v128.store(c, f64x2.sub(ABR, SR), 16);
      v128.store(c, f64x2.sub(abr, sr));
      v128.store(c, f64x2.sub(ABI, SI), 48);
      v128.store(c, f64x2.sub(abi, si), 32);
      v128.store(d, f64x2.sub(BAR, TR), 16);
      v128.store(d, f64x2.sub(bar, tr));
      v128.store(d, f64x2.add(BAI, TI), 48);
      v128.store(d, f64x2.add(bai, ti), 32);
    }
  }
}

/**
 * In place, the two complex numbers z_k and z_(H-k) to those whose parts are coefficients k and -(M-k), and H-k and -(H+k), rounded: plus
 * ROUNDING. x, y: where they stand. w, v: rotations of k and of H-k, two of 32 bytes each.
 */
// @ts-ignore: decorator
@inline
function rotate(x: usize, y: usize, w: usize, v: usize, g: v128): void {
  const xr = v128.load(x), XR = v128.load(x, 16), xi = v128.load(x, 32), XI = v128.load(x, 48);
  const yr = v128.load(y), YR = v128.load(y, 16), yi = v128.load(y, 32), YI = v128.load(y, 48);
  // z_k + conj z_(H-k) and their difference; for H-k the conjugate of it, and minus that.
  const sr = f64x2.add(xr, yr), SR = f64x2.add(XR, YR), si = f64x2.sub(xi, yi), SI = f64x2.sub(XI, YI);
  const dr = f64x2.sub(xr, yr), DR = f64x2.sub(XR, YR), di = f64x2.add(xi, yi), DI = f64x2.add(XI, YI);
  const c0 = v128.load64_splat(w), d0 = v128.load64_splat(w, 24), c1 = v128.load64_splat(w, 32), d1 = v128.load64_splat(w, 56);
  const a = f64x2.add(f64x2.add(real(sr, si, c0, d0), real(dr, di, c1, d1)), g);
  const A = f64x2.add(f64x2.add(real(SR, SI, c0, d0), real(DR, DI, c1, d1)), g);
  const b = f64x2.add(f64x2.add(imaginary(sr, si, c0, d0), imaginary(dr, di, c1, d1)), g);
  const B = f64x2.add(f64x2.add(imaginary(SR, SI, c0, d0), imaginary(DR, DI, c1, d1)), g);
  const c2 = v128.load64_splat(v), d2 = v128.load64_splat(v, 24), c3 = v128.load64_splat(v, 32), d3 = v128.load64_splat(v, 56);
  const ti = f64x2.sub(yi, xi), TI = f64x2.sub(YI, XI), er = f64x2.sub(yr, xr), ER = f64x2.sub(YR, XR);
  const e = f64x2.add(f64x2.add(real(sr, ti, c2, d2), real(er, di, c3, d3)), g);
  const E = f64x2.add(f64x2.add(real(SR, TI, c2, d2), real(ER, DI, c3, d3)), g);
  const f = f64x2.add(f64x2.add(imaginary(sr, ti, c2, d2), imaginary(er, di, c3, d3)), g);
  const F = f64x2.add(f64x2.add(imaginary(SR, TI, c2, d2), imaginary(ER, DI, c3, d3)), g);
  v128.store(x, A, 16);
  v128.store(x, a);
  v128.store(x, B, 48);
  v128.store(x, b, 32);
  v128.store(y, E, 16);
  v128.store(y, e);
  v128.store(y, F, 48);
  v128.store(y, f, 32);
}

/**
 * Coefficients of four polynomials that have the given values in their slots, times `factor` times M, rounded (see `embed`).
 *
 * values: M times four f32, [slot][polynomial], |values| * factor * M < 2^30. order, twiddles, rotations: as for `embed`. rounding: ROUNDING.
 * work: takes M times four f64, for k of 0 .. H-1 coefficient k of each and minus its coefficient M-k, plus ROUNDING; behind coefficient 0
 * stands H's. logM: 4 to 16.
 */
export function embedLanes(
  values: usize, factor: f64, order: usize, twiddles: usize, rotations: usize, rounding: usize, work: usize, logM: i32,
): void {
  const bytes = <usize>32 << logM;
  const end = work + bytes;
  firstStages(values, order, factor, work, end);
  let half: usize = 256;
  // An odd stage goes first, the others in pairs. Of H complex numbers; entry L of the roots is of those of L numbers.
  if (!(logM & 1)) {
    stage(work, end, half, twiddles + (half >> 1));
    half <<= 1;
  }
  for (; half < bytes; half <<= 2) stages(work, end, half, twiddles + (half >> 1), twiddles + half);
  const g = v128.load64_splat(rounding);
  // k = 0 and H are both of z_0; k = H/2 is its own partner.
  const h = bytes >> 6;
  for (let lanes: usize = 0; lanes < 32; lanes += 16) {
    const re = v128.load(work + lanes), im = v128.load(work + 32 + lanes);
    const s = f64x2.add(re, re), d = f64x2.add(im, im);
    const zero = rotations, last = rotations + (h << 6);
    const none = f64x2.splat(0);
    const first = f64x2.add(real(s, none, v128.load64_splat(zero), v128.load64_splat(zero, 24)), real(none, d, v128.load64_splat(zero, 32), v128.load64_splat(zero, 56)));
    const second = f64x2.add(real(s, none, v128.load64_splat(last), v128.load64_splat(last, 24)), real(none, d, v128.load64_splat(last, 32), v128.load64_splat(last, 56)));
    v128.store(work + lanes, f64x2.add(first, g));
    v128.store(work + 32 + lanes, f64x2.add(second, g));
  }
  let w = rotations + 64, v = rotations + ((h - 1) << 6);
  for (let x = work + 64, y = end - 64; x <= y; x += 64, y -= 64, w += 64, v -= 64) rotate(x, y, w, v, g);
}
