// The inverse NTT of four polynomials (arithmetic.ts), scaled by 1/N, of the same values as ring/assembly/ntt.ts gives each. Sums are not
// reduced: each stage at most doubles them, so |x| < 2^30 * 2^15 = 2^45.

import { CACHED, PRIME_BYTES, reduced, times, whole } from './arithmetic';

/** The first two stages, of four coefficients each. first, second: their roots. */
function firstStages(source: usize, values: usize, end: usize, first: usize, second: usize, prime: usize): void {
  const p = v128.load64_splat(prime), g = v128.load64_splat(prime, 16);
  for (; values < end; values += 128, source += 64, first += 32, second += 16) {
    const r0 = v128.load64_splat(first), q0 = v128.load64_splat(first, 8);
    const a = whole(source, g), A = whole(source + 8, g), b = whole(source + 16, g), B = whole(source + 24, g);
    const ab = f64x2.add(a, b), AB = f64x2.add(A, B);
    const ba = times(f64x2.sub(a, b), r0, q0, p, g), BA = times(f64x2.sub(A, B), r0, q0, p, g);
    const r1 = v128.load64_splat(first, 16), q1 = v128.load64_splat(first, 24);
    const c = whole(source + 32, g), C = whole(source + 40, g), d = whole(source + 48, g), D = whole(source + 56, g);
    const cd = f64x2.add(c, d), CD = f64x2.add(C, D);
    const dc = times(f64x2.sub(c, d), r1, q1, p, g), DC = times(f64x2.sub(C, D), r1, q1, p, g);
    const r = v128.load64_splat(second), q = v128.load64_splat(second, 8);
    v128.store(values, f64x2.add(AB, CD), 16);
    v128.store(values, f64x2.add(ab, cd));
    v128.store(values, f64x2.add(BA, DC), 48);
    v128.store(values, f64x2.add(ba, dc), 32);
    v128.store(values, times(f64x2.sub(AB, CD), r, q, p, g), 80);
    v128.store(values, times(f64x2.sub(ab, cd), r, q, p, g), 64);
    v128.store(values, times(f64x2.sub(BA, DC), r, q, p, g), 112);
    v128.store(values, times(f64x2.sub(ba, dc), r, q, p, g), 96);
  }
}

/** One stage of blocks of 2 * gap bytes. root: of the first of them. */
function stage(values: usize, end: usize, gap: usize, root: usize, prime: usize): void {
  const p = v128.load64_splat(prime), g = v128.load64_splat(prime, 16);
  for (let start = values; start < end; start += 2 * gap, root += 16) {
    const r = v128.load64_splat(root), q = v128.load64_splat(root, 8);
    for (let at = start; at < start + gap; at += 32) {
      const a = v128.load(at), A = v128.load(at, 16), b = v128.load(at + gap), B = v128.load(at + gap, 16);
      v128.store(at, f64x2.add(A, B), 16);
      v128.store(at, f64x2.add(a, b));
      v128.store(at + gap, times(f64x2.sub(A, B), r, q, p, g), 16);
      v128.store(at + gap, times(f64x2.sub(a, b), r, q, p, g));
    }
  }
}

/** Two stages, of blocks of 2 * gap and of 4 * gap bytes. first, second: their roots. */
function stages(values: usize, end: usize, gap: usize, first: usize, second: usize, prime: usize): void {
  const p = v128.load64_splat(prime), g = v128.load64_splat(prime, 16);
  for (let start = values; start < end; start += 4 * gap, first += 32, second += 16) {
    const r0 = v128.load64_splat(first), q0 = v128.load64_splat(first, 8);
    const r1 = v128.load64_splat(first, 16), q1 = v128.load64_splat(first, 24);
    const r = v128.load64_splat(second), q = v128.load64_splat(second, 8);
    for (let at = start; at < start + gap; at += 32) {
      const a = v128.load(at), A = v128.load(at, 16), b = v128.load(at + gap), B = v128.load(at + gap, 16);
      const c = v128.load(at + 2 * gap), C = v128.load(at + 2 * gap, 16);
      const d = v128.load(at + 3 * gap), D = v128.load(at + 3 * gap, 16);
      const ab = f64x2.add(a, b), AB = f64x2.add(A, B), cd = f64x2.add(c, d), CD = f64x2.add(C, D);
      const ba = times(f64x2.sub(a, b), r0, q0, p, g), BA = times(f64x2.sub(A, B), r0, q0, p, g);
      const dc = times(f64x2.sub(c, d), r1, q1, p, g), DC = times(f64x2.sub(C, D), r1, q1, p, g);
      v128.store(at, f64x2.add(AB, CD), 16);
      v128.store(at, f64x2.add(ab, cd));
      v128.store(at + gap, f64x2.add(BA, DC), 16);
      v128.store(at + gap, f64x2.add(ba, dc));
      v128.store(at + 2 * gap, times(f64x2.sub(AB, CD), r, q, p, g), 16);
      v128.store(at + 2 * gap, times(f64x2.sub(ab, cd), r, q, p, g));
      v128.store(at + 3 * gap, times(f64x2.sub(BA, DC), r, q, p, g), 16);
      v128.store(at + 3 * gap, times(f64x2.sub(ba, dc), r, q, p, g));
    }
  }
}

/** The last stage, one block: both sides are scaled. roots: entry 0 the scale, entry 1 the root times it. Reduced, plus ROUNDING. */
function lastStage(values: usize, bytes: usize, prime: usize, roots: usize): void {
  const p = v128.load64_splat(prime), g = v128.load64_splat(prime, 16);
  const s = v128.load64_splat(roots), sq = v128.load64_splat(roots, 8);
  const r = v128.load64_splat(roots, 16), q = v128.load64_splat(roots, 24);
  const half = bytes >> 1;
  for (let at = values; at < values + half; at += 32) {
    const a = v128.load(at), A = v128.load(at, 16), b = v128.load(at + half), B = v128.load(at + half, 16);
    v128.store(at, f64x2.add(times(f64x2.add(A, B), s, sq, p, g), g), 16);
    v128.store(at, f64x2.add(times(f64x2.add(a, b), s, sq, p, g), g));
    v128.store(at + half, f64x2.add(times(f64x2.sub(A, B), r, q, p, g), g), 16);
    v128.store(at + half, f64x2.add(times(f64x2.sub(a, b), r, q, p, g), g));
  }
}

/**
 * The same in the conjugate-invariant ring, with its unfolding (ring/assembly/fold.ts): s_i = x_i + x_(N-i) and s_(N-i) = I (x_i - x_(N-i)).
 * imaginary: entry 0 of the forward roots, I.
 */
function unfoldedStage(values: usize, bytes: usize, prime: usize, roots: usize, imaginary: usize): void {
  const p = v128.load64_splat(prime), g = v128.load64_splat(prime, 16), n = v128.load64_splat(prime, 8);
  const s = v128.load64_splat(roots), sq = v128.load64_splat(roots, 8);
  const r = v128.load64_splat(roots, 16), q = v128.load64_splat(roots, 24);
  const i = v128.load64_splat(imaginary), iq = v128.load64_splat(imaginary, 8);
  const half = bytes >> 1, quarter = bytes >> 2;
  for (let at: usize = 32; at < quarter; at += 32) {
    const first = values + at, second = values + half - at, third = values + half + at, fourth = values + bytes - at;
    const u = v128.load(first), U = v128.load(first, 16), v = v128.load(third), V = v128.load(third, 16);
    const a = times(f64x2.add(u, v), s, sq, p, g), A = times(f64x2.add(U, V), s, sq, p, g);
    const c = times(f64x2.sub(u, v), r, q, p, g), C = times(f64x2.sub(U, V), r, q, p, g);
    const w = v128.load(second), W = v128.load(second, 16), x = v128.load(fourth), X = v128.load(fourth, 16);
    const b = times(f64x2.add(w, x), s, sq, p, g), B = times(f64x2.add(W, X), s, sq, p, g);
    const d = times(f64x2.sub(w, x), r, q, p, g), D = times(f64x2.sub(W, X), r, q, p, g);
    v128.store(first, reduced(f64x2.add(A, D), n, p, g), 16);
    v128.store(first, reduced(f64x2.add(a, d), n, p, g));
    v128.store(second, reduced(f64x2.add(B, C), n, p, g), 16);
    v128.store(second, reduced(f64x2.add(b, c), n, p, g));
    v128.store(third, f64x2.add(times(f64x2.sub(B, C), i, iq, p, g), g), 16);
    v128.store(third, f64x2.add(times(f64x2.sub(b, c), i, iq, p, g), g));
    v128.store(fourth, f64x2.add(times(f64x2.sub(A, D), i, iq, p, g), g), 16);
    v128.store(fourth, f64x2.add(times(f64x2.sub(a, d), i, iq, p, g), g));
  }
  for (let lane: usize = 0; lane < 32; lane += 16) {
    const at = values + lane;
    // Coefficients 0 and N/2: s_0 = 2 x_0, s_(N/2) = x (1 - I).
    const u = v128.load(at), v = v128.load(at + half);
    const a = times(f64x2.add(u, v), s, sq, p, g), c = times(f64x2.sub(u, v), r, q, p, g);
    v128.store(at, reduced(f64x2.add(a, a), n, p, g));
    v128.store(at + half, reduced(f64x2.sub(c, times(c, i, iq, p, g)), n, p, g));
    // N/4 and 3N/4.
    const w = v128.load(at + quarter), x = v128.load(at + quarter + half);
    const b = times(f64x2.add(w, x), s, sq, p, g), d = times(f64x2.sub(w, x), r, q, p, g);
    v128.store(at + quarter, reduced(f64x2.add(b, d), n, p, g));
    v128.store(at + quarter + half, f64x2.add(times(f64x2.sub(b, d), i, iq, p, g), g));
  }
}

/**
 * source: N times four i32 below 2^30 in magnitude, [value][polynomial], in the order of an NTT. values: takes N times four f64, coefficients
 * of at most p/2 + 2^21 in magnitude, plus ROUNDING. logN: 5 to 15. prime: see arithmetic.ts, of the inverse roots. forward: of the forward ones in
 * the conjugate-invariant ring; 0 in the standard one.
 */
export function inverseLanes(source: usize, values: usize, logN: i32, prime: usize, forward: usize): void {
  const bytes = <usize>32 << logN;
  const end = values + bytes;
  const roots = prime + PRIME_BYTES;
  // The roots of the stage with m blocks are entries m .. 2m - 1.
  const count = <usize>1 << logN;
  firstStages(source, values, end, roots + 16 * (count >> 1), roots + 16 * (count >> 2), prime);
  // Blocks of so many bytes are done; what lies in the cache goes on block by block.
  const size = min<usize>(bytes >> 1, CACHED);
  let done: usize = 128;
  for (let block = values, part: usize = 0; block < end; block += size, part++) {
    done = 128;
    for (; done * 4 <= size; done <<= 2) {
      const m = bytes / (2 * done), n = size / (2 * done);
      stages(block, block + size, done, roots + 16 * (m + part * n), roots + 16 * ((m >> 1) + part * (n >> 1)), prime);
    }
  }
  for (; done * 8 <= bytes; done <<= 2) {
    const m = bytes / (2 * done);
    stages(values, end, done, roots + 16 * m, roots + 16 * (m >> 1), prime);
  }
  if (done * 4 <= bytes) stage(values, end, done, roots + 16 * (bytes / (2 * done)), prime);
  if (forward) unfoldedStage(values, bytes, prime, roots, forward + PRIME_BYTES);
  else lastStage(values, bytes, prime, roots);
}
