// Slots to coefficients, for real slots: the inverse of CKKS' canonical embedding (Cheon, Kim, Kim, Song, ASIACRYPT 2017,
// section 3.2), as SEAL's encoder computes it (native/src/seal/ckks.h `encode_internal`).
//
// A polynomial of N coefficients whose N/2 slots are real equals itself under X -> 1/X, so its coefficients are a_0, a_i and
// a_(N-i) = -a_i, and its values at the odd powers of the 2N-th root of unity are a_0 + 2 sum a_i cos(pi (2t + 1) i / N).
// With M = N/2 that is a cosine transform of M points: a = DCT-II(values) / M. The conjugate-invariant
// ring of N coefficients has M = N slots and keeps a_0 … a_(N-1), which the others mirror (ring/assembly/fold.ts). Makhoul (IEEE ASSP 28, 1980) makes of it a
// Fourier transform of M real numbers, which is one of H = M/2 complex ones.

/** x * w for complex x = (re, im); at w: [c, c], [-d, d] of w = c + d i. */
// @ts-ignore: decorator
@inline
function multiply(x: v128, w: usize): v128 {
  return f64x2.add(f64x2.mul(x, v128.load(w)), f64x2.mul(v128.shuffle<f64>(x, x, 1, 0), v128.load(w, 16)));
}

/** In place, H = 2^logH complex f64, bit-reversed in, natural out. twiddles: entry L + j (32 bytes) is e^(-pi i j / L). */
function fourier(work: usize, logH: i32, twiddles: usize): void {
  const end = work + (<usize>16 << logH);
  for (let at = work; at < end; at += 32) {
    const x = v128.load(at), y = v128.load(at, 16);
    v128.store(at, f64x2.add(x, y));
    v128.store(at, f64x2.sub(x, y), 16);
  }
  for (let half: usize = 32; half < <usize>16 << logH; half <<= 1) {
    const table = twiddles + 2 * half;
    for (let start = work; start < end; start += 2 * half) {
      for (let j: usize = 0; j < half; j += 16) {
        const x = v128.load(start + j);
        const y = multiply(v128.load(start + j + half), table + 2 * j);
        v128.store(start + j, f64x2.add(x, y));
        v128.store(start + j + half, f64x2.sub(x, y));
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function put(target: usize, index: i32, value: f64): void {
  store<i32>(target + (<usize>index << 2), <i32>nearest<f64>(value));
}

/**
 * Coefficients of the polynomial that has the given values in its slots, times `factor` times M, rounded.
 *
 * values: `count` f32, slot by slot; the other slots are zero. |values| * factor * M < 2^30.
 * order: M u32, where slot j goes in `work`. twiddles: H entries, see above. rotations: two entries for each k of 0 .. H.
 * work: M f64. target: 2M i32; M in the conjugate-invariant ring, for which isHalf is set. logM: of the slots.
 */
export function embed(
  values: usize, count: i32, factor: f64, order: usize, twiddles: usize, rotations: usize,
  work: usize, target: usize, logM: i32, isHalf: bool,
): void {
  const m = 1 << logM, n = m << 1, h = m >> 1;
  memory.fill(work, 0, <usize>m << 3);
  for (let slot = 0; slot < count; slot++) {
    const at = <usize>load<u32>(order + (<usize>slot << 2));
    store<f64>(work + (at << 3), <f64>load<f32>(values + (<usize>slot << 2)) * factor);
  }
  fourier(work, logM - 1, twiddles);
  const conjugate = f64x2(1, -1);
  for (let k = 0; k <= h; k++) {
    const x = v128.load(work + (<usize>(k & (h - 1)) << 4));
    const y = f64x2.mul(v128.load(work + (<usize>((h - k) & (h - 1)) << 4)), conjugate);
    const w = f64x2.add(multiply(f64x2.add(x, y), rotations), multiply(f64x2.sub(x, y), rotations + 32));
    rotations += 64;
    const a = f64x2.extract_lane(w, 0), b = f64x2.extract_lane(w, 1);
    put(target, k, a);
    if (k == 0) continue;
    // At k = H both name the same coefficient, and b = -a.
    put(target, m - k, -b);
    if (isHalf) continue;
    put(target, n - k, -a);
    put(target, m + k, b);
  }
  if (!isHalf) store<i32>(target + (<usize>m << 2), 0);
}
