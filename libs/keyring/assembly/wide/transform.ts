// NTT of four polynomials (arithmetic.ts), of the same values as ring/assembly/ntt.ts gives each. Nothing is reduced on the way: a
// stage adds at most p/2 + 2^10 in magnitude, so after 16 of them |x| < 2^31 + 8.5 p < 2^34.

import { CACHED, PRIME_BYTES, reduced, times, whole } from './arithmetic';

/**
 * The first stage of source, N times four i32 [coefficient][lane], into values. Halves of the polynomial, with root 1.
 *
 * source: |x| < 2^31. roots: entry 0.
 */
function firstStage(source: usize, values: usize, bytes: usize, prime: usize, roots: usize): void {
  const p = v128.load64_splat(prime), g = v128.load64_splat(prime, 16);
  const r = v128.load64_splat(roots, 16), q = v128.load64_splat(roots, 24);
  const half = bytes >> 1;
  const upper = source + (half >> 1);
  for (let at: usize = 0, from: usize = 0; at < half; at += 32, from += 16) {
    const a = whole(source + from, g), A = whole(source + from + 8, g);
    const b = times(whole(upper + from, g), r, q, p, g), B = times(whole(upper + from + 8, g), r, q, p, g);
    v128.store(values + at, f64x2.add(A, B), 16);
    v128.store(values + at, f64x2.add(a, b));
    v128.store(values + at + half, f64x2.sub(A, B), 16);
    v128.store(values + at + half, f64x2.sub(a, b));
  }
}

/**
 * The same in the conjugate-invariant ring, behind its fold (ring/assembly/fold.ts): x_i = s_i - I s_(N-i), and x_(N-i) = s_i + I s_(N-i)
 * without its factor. Both in one pass, since coefficients i, N/2 - i, N/2 + i and N - i need each other only.
 */
function foldedStage(source: usize, values: usize, bytes: usize, prime: usize, roots: usize): void {
  const p = v128.load64_splat(prime), g = v128.load64_splat(prime, 16);
  const i = v128.load64_splat(roots), iq = v128.load64_splat(roots, 8);
  const r = v128.load64_splat(roots, 16), q = v128.load64_splat(roots, 24);
  const half = bytes >> 1, quarter = bytes >> 2;
  // Where source begins each of them: 16 bytes of it are 32 of values.
  for (let at: usize = 32; at < quarter; at += 32) {
    const from = at >> 1;
    const first = source + from, second = source + (half >> 1) - from;
    const third = source + (half >> 1) + from, fourth = source + half - from;
    const d = times(whole(fourth, g), i, iq, p, g), D = times(whole(fourth + 8, g), i, iq, p, g);
    const c = times(whole(third, g), i, iq, p, g), C = times(whole(third + 8, g), i, iq, p, g);
    const a = whole(first, g), A = whole(first + 8, g), b = whole(second, g), B = whole(second + 8, g);
    const bc = times(f64x2.add(b, c), r, q, p, g), BC = times(f64x2.add(B, C), r, q, p, g);
    const ad = times(f64x2.add(a, d), r, q, p, g), AD = times(f64x2.add(A, D), r, q, p, g);
    const x = f64x2.sub(a, d), X = f64x2.sub(A, D), y = f64x2.sub(b, c), Y = f64x2.sub(B, C);
    v128.store(values + at, f64x2.add(X, BC), 16);
    v128.store(values + at, f64x2.add(x, bc));
    v128.store(values + half + at, f64x2.sub(X, BC), 16);
    v128.store(values + half + at, f64x2.sub(x, bc));
    v128.store(values + half - at, f64x2.add(Y, AD), 16);
    v128.store(values + half - at, f64x2.add(y, ad));
    v128.store(values + bytes - at, f64x2.sub(Y, AD), 16);
    v128.store(values + bytes - at, f64x2.sub(y, ad));
  }
  for (let lane: usize = 0; lane < 2; lane++) {
    const from = source + 8 * lane, to = values + 16 * lane;
    // Coefficients 0 and N/2: x_0 = s_0, x_(N/2) = s_(N/2) (1 + I).
    const zero = whole(from, g), middle = whole(from + (half >> 1), g);
    const m = times(f64x2.add(middle, times(middle, i, iq, p, g)), r, q, p, g);
    v128.store(to, f64x2.add(zero, m));
    v128.store(to + half, f64x2.sub(zero, m));
    // N/4 and 3N/4.
    const a = whole(from + (quarter >> 1), g), d = times(whole(from + ((half + quarter) >> 1), g), i, iq, p, g);
    const ad = times(f64x2.add(a, d), r, q, p, g);
    v128.store(to + quarter, f64x2.add(f64x2.sub(a, d), ad));
    v128.store(to + half + quarter, f64x2.sub(f64x2.sub(a, d), ad));
  }
}

/** One stage of blocks of 2 * gap bytes. root: of the first of them. */
function stage(values: usize, end: usize, gap: usize, root: usize, prime: usize): void {
  const p = v128.load64_splat(prime), g = v128.load64_splat(prime, 16);
  for (let start = values; start < end; start += 2 * gap) {
    const r = v128.load64_splat(root), q = v128.load64_splat(root, 8);
    root += 16;
    for (let at = start; at < start + gap; at += 32) {
      const b = times(v128.load(at + gap), r, q, p, g), B = times(v128.load(at + gap, 16), r, q, p, g);
      const a = v128.load(at), A = v128.load(at, 16);
      v128.store(at, f64x2.add(A, B), 16);
      v128.store(at, f64x2.add(a, b));
      v128.store(at + gap, f64x2.sub(A, B), 16);
      v128.store(at + gap, f64x2.sub(a, b));
    }
  }
}

/** Two stages, of blocks of 4 * gap and of 2 * gap bytes. first, second: their roots. */
function stages(values: usize, end: usize, gap: usize, first: usize, second: usize, prime: usize): void {
  const p = v128.load64_splat(prime), g = v128.load64_splat(prime, 16);
  for (let start = values; start < end; start += 4 * gap) {
    const r = v128.load64_splat(first), q = v128.load64_splat(first, 8);
    const r0 = v128.load64_splat(second), q0 = v128.load64_splat(second, 8);
    const r1 = v128.load64_splat(second, 16), q1 = v128.load64_splat(second, 24);
    first += 16;
    second += 32;
    for (let at = start; at < start + gap; at += 32) {
      const c = times(v128.load(at + 2 * gap), r, q, p, g), C = times(v128.load(at + 2 * gap, 16), r, q, p, g);
      const d = times(v128.load(at + 3 * gap), r, q, p, g), D = times(v128.load(at + 3 * gap, 16), r, q, p, g);
      const a = v128.load(at), A = v128.load(at, 16);
      const b = v128.load(at + gap), B = v128.load(at + gap, 16);
      const ac = f64x2.add(a, c), AC = f64x2.add(A, C), ca = f64x2.sub(a, c), CA = f64x2.sub(A, C);
      const bd = times(f64x2.add(b, d), r0, q0, p, g), BD = times(f64x2.add(B, D), r0, q0, p, g);
      const db = times(f64x2.sub(b, d), r1, q1, p, g), DB = times(f64x2.sub(B, D), r1, q1, p, g);
      v128.store(at, f64x2.add(AC, BD), 16);
      v128.store(at, f64x2.add(ac, bd));
      v128.store(at + gap, f64x2.sub(AC, BD), 16);
      v128.store(at + gap, f64x2.sub(ac, bd));
      v128.store(at + 2 * gap, f64x2.add(CA, DB), 16);
      v128.store(at + 2 * gap, f64x2.add(ca, db));
      v128.store(at + 3 * gap, f64x2.sub(CA, DB), 16);
      v128.store(at + 3 * gap, f64x2.sub(ca, db));
    }
  }
}

/** The last two stages, of four coefficients each, reduced: [-p/2 - 1, p/2 + 1] plus ROUNDING. */
function lastStages(values: usize, end: usize, first: usize, second: usize, prime: usize): void {
  const p = v128.load64_splat(prime), g = v128.load64_splat(prime, 16), n = v128.load64_splat(prime, 8);
  for (; values < end; values += 128, first += 16, second += 32) {
    const r = v128.load64_splat(first), q = v128.load64_splat(first, 8);
    const c = times(v128.load(values, 64), r, q, p, g), C = times(v128.load(values, 80), r, q, p, g);
    const d = times(v128.load(values, 96), r, q, p, g), D = times(v128.load(values, 112), r, q, p, g);
    const r0 = v128.load64_splat(second), q0 = v128.load64_splat(second, 8);
    const b = v128.load(values, 32), B = v128.load(values, 48);
    const bd = times(f64x2.add(b, d), r0, q0, p, g), BD = times(f64x2.add(B, D), r0, q0, p, g);
    const r1 = v128.load64_splat(second, 16), q1 = v128.load64_splat(second, 24);
    const db = times(f64x2.sub(b, d), r1, q1, p, g), DB = times(f64x2.sub(B, D), r1, q1, p, g);
    const a = v128.load(values), A = v128.load(values, 16);
    const ac = f64x2.add(a, c), AC = f64x2.add(A, C), ca = f64x2.sub(a, c), CA = f64x2.sub(A, C);
    v128.store(values, reduced(f64x2.add(AC, BD), n, p, g), 16);
    v128.store(values, reduced(f64x2.add(ac, bd), n, p, g));
    v128.store(values, reduced(f64x2.sub(AC, BD), n, p, g), 48);
    v128.store(values, reduced(f64x2.sub(ac, bd), n, p, g), 32);
    v128.store(values, reduced(f64x2.add(CA, DB), n, p, g), 80);
    v128.store(values, reduced(f64x2.add(ca, db), n, p, g), 64);
    v128.store(values, reduced(f64x2.sub(CA, DB), n, p, g), 112);
    v128.store(values, reduced(f64x2.sub(ca, db), n, p, g), 96);
  }
}

/**
 * source: N times four i32 below 2^31 in magnitude, [coefficient][polynomial]. values: takes N times four f64, of the same order as an
 * NTT's: the residue in [-p/2 - 1, p/2 + 1], plus ROUNDING. prime: see arithmetic.ts. logN: 5 to 16. isFolded: of the conjugate-invariant ring.
 */
export function transformLanes(source: usize, values: usize, logN: i32, prime: usize, isFolded: bool): void {
  const bytes = <usize>32 << logN;
  const roots = prime + PRIME_BYTES;
  if (isFolded) foldedStage(source, values, bytes, prime, roots);
  else firstStage(source, values, bytes, prime, roots);
  const end = values + bytes;
  // The roots of the stage with m blocks are entries m .. 2m - 1.
  let blocks: usize = 2;
  let size = bytes >> 1;
  if (!(logN & 1)) {
    stage(values, end, size >> 1, roots + 16 * blocks, prime);
    blocks <<= 1;
    size >>= 1;
  }
  for (; size > CACHED; size >>= 2, blocks <<= 2) {
    stages(values, end, size >> 2, roots + 16 * blocks, roots + 32 * blocks, prime);
  }
  for (let block = values, first = blocks; block < end; block += size, first++) {
    let entry = first;
    let part = size;
    for (; part > 128; part >>= 2, entry <<= 2) {
      stages(block, block + size, part >> 2, roots + 16 * entry, roots + 32 * entry, prime);
    }
    lastStages(block, block + size, roots + 16 * entry, roots + 32 * entry, prime);
  }
}
