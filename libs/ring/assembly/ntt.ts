// NTT of N = 2^logN coefficients (8 <= N <= 32768), negacyclic or of the conjugate-invariant ring as its tables say, mod one prime p < 2^30, in place, in SEAL's order
// (util/dwthandler.h): forward from natural to bit-reversed order, inverse back. Residues are in [0, p) before and
// after, so the results equal SEAL's. In between they are lazy (Harvey, "Faster arithmetic for number-theoretic
// transforms", 2014): below 4p < 2^32 forward, below 2p inverse; and two stages at a time go through registers.

import { fold, unfold } from './fold';
import { canonicalFromDouble } from './modulus';
import { isFolded } from './roots';
import { canonical, halve, multiplyRoot } from './shoup';

/** One stage of blocks of 2 * gap bytes, gap >= 16. In and out: [0, 4p). */
function forwardStage(values: usize, end: usize, gap: usize, root: usize, bytes: usize, p: v128): void {
  const twice = i32x4.add(p, p);
  for (let start = values; start < end; start += 2 * gap) {
    const r = v128.load32_splat(root), q = v128.load32_splat(root + bytes);
    root += 4;
    for (let at = start; at < start + gap; at += 16) {
      const u = halve(v128.load(at), twice);
      const v = multiplyRoot(v128.load(at + gap), r, q, p);
      v128.store(at, i32x4.add(u, v));
      v128.store(at + gap, i32x4.sub(i32x4.add(u, twice), v));
    }
  }
}

/** Two stages, of blocks of 4 * gap and of 2 * gap bytes, gap >= 16. In and out: [0, 4p). first, second: their roots. */
function forwardStages(
  values: usize, end: usize, gap: usize, first: usize, second: usize, bytes: usize, p: v128,
): void {
  const twice = i32x4.add(p, p);
  for (let start = values; start < end; start += 4 * gap) {
    const r = v128.load32_splat(first), q = v128.load32_splat(first + bytes);
    const r0 = v128.load32_splat(second), q0 = v128.load32_splat(second + bytes);
    const r1 = v128.load32_splat(second, 4), q1 = v128.load32_splat(second + bytes, 4);
    first += 4;
    second += 8;
    for (let at = start; at < start + gap; at += 16) {
      const c = multiplyRoot(v128.load(at + 2 * gap), r, q, p);
      const d = multiplyRoot(v128.load(at + 3 * gap), r, q, p);
      const a = halve(v128.load(at), twice), b = halve(v128.load(at + gap), twice);
      const ac = halve(i32x4.add(a, c), twice), ca = halve(i32x4.sub(i32x4.add(a, twice), c), twice);
      const bd = multiplyRoot(i32x4.add(b, d), r0, q0, p);
      const db = multiplyRoot(i32x4.sub(i32x4.add(b, twice), d), r1, q1, p);
      v128.store(at, i32x4.add(ac, bd));
      v128.store(at + gap, i32x4.sub(i32x4.add(ac, twice), bd));
      v128.store(at + 2 * gap, i32x4.add(ca, db));
      v128.store(at + 3 * gap, i32x4.sub(i32x4.add(ca, twice), db));
    }
  }
}

/** values: N u32 in [0, p), natural order in, bit-reversed out. tables: see roots.ts. */
export function nttForward(values: usize, logN: i32, tables: usize, modulus: usize): void {
  const p = v128.load32_splat(modulus);
  const twice = i32x4.add(p, p);
  const bytes = <usize>4 << logN;
  const end = values + bytes;
  if (isFolded(tables)) fold(values, bytes, tables, modulus);
  // The roots of the stage with m blocks are entries m .. 2m - 1.
  let blocks: usize = 1;
  let gap = bytes >> 1;
  // The stages down to a gap of four coefficients, in pairs; an odd one goes first.
  if (logN & 1) {
    forwardStage(values, end, gap, tables + 4, bytes, p);
    blocks = 2;
    gap >>= 1;
  }
  for (; gap > 16; gap >>= 2) {
    forwardStages(values, end, gap >> 1, tables + 4 * blocks, tables + 8 * blocks, bytes, p);
    blocks <<= 2;
  }
  // Gap 2: two butterflies of two a pair of vectors, then gap 1: four of one, all in registers.
  let root = tables + 4 * blocks, last = tables + 8 * blocks;
  for (let at = values; at < end; at += 32) {
    const x = v128.load(at), y = v128.load(at, 16);
    const u = halve(v128.shuffle<i32>(x, y, 0, 1, 4, 5), twice);
    const r = v128.load64_splat(root), q = v128.load64_splat(root + bytes);
    const v = multiplyRoot(
      v128.shuffle<i32>(x, y, 2, 3, 6, 7),
      v128.shuffle<i32>(r, r, 0, 0, 1, 1), v128.shuffle<i32>(q, q, 0, 0, 1, 1), p,
    );
    root += 8;
    // s holds coefficients 0, 1 of each block of four, d holds 2, 3.
    const s = i32x4.add(u, v), d = i32x4.sub(i32x4.add(u, twice), v);
    const w = halve(v128.shuffle<i32>(s, d, 0, 4, 2, 6), twice);
    const z = multiplyRoot(v128.shuffle<i32>(s, d, 1, 5, 3, 7), v128.load(last), v128.load(last + bytes), p);
    last += 16;
    const sum = canonical(i32x4.add(w, z), twice, p);
    const difference = canonical(i32x4.sub(i32x4.add(w, twice), z), twice, p);
    v128.store(at, v128.shuffle<i32>(sum, difference, 0, 4, 1, 5));
    v128.store(at, v128.shuffle<i32>(sum, difference, 2, 6, 3, 7), 16);
  }
}

/** Two stages, of blocks of 2 * gap and of 4 * gap bytes, gap >= 16. In and out: [0, 2p). first, second: their roots. */
function inverseStages(
  values: usize, end: usize, gap: usize, first: usize, second: usize, bytes: usize, p: v128,
): void {
  const twice = i32x4.add(p, p);
  for (let start = values; start < end; start += 4 * gap) {
    const r0 = v128.load32_splat(first), q0 = v128.load32_splat(first + bytes);
    const r1 = v128.load32_splat(first, 4), q1 = v128.load32_splat(first + bytes, 4);
    const r = v128.load32_splat(second), q = v128.load32_splat(second + bytes);
    first += 8;
    second += 4;
    for (let at = start; at < start + gap; at += 16) {
      const a = v128.load(at), b = v128.load(at + gap), c = v128.load(at + 2 * gap), d = v128.load(at + 3 * gap);
      const ab = halve(i32x4.add(a, b), twice), cd = halve(i32x4.add(c, d), twice);
      const ba = multiplyRoot(i32x4.sub(i32x4.add(a, twice), b), r0, q0, p);
      const dc = multiplyRoot(i32x4.sub(i32x4.add(c, twice), d), r1, q1, p);
      v128.store(at, halve(i32x4.add(ab, cd), twice));
      v128.store(at + gap, halve(i32x4.add(ba, dc), twice));
      v128.store(at + 2 * gap, multiplyRoot(i32x4.sub(i32x4.add(ab, twice), cd), r, q, p));
      v128.store(at + 3 * gap, multiplyRoot(i32x4.sub(i32x4.add(ba, twice), dc), r, q, p));
    }
  }
}

/** One stage of blocks of 2 * gap bytes, gap >= 16. In and out: [0, 2p). */
function inverseStage(values: usize, end: usize, gap: usize, root: usize, bytes: usize, p: v128): void {
  const twice = i32x4.add(p, p);
  for (let start = values; start < end; start += 2 * gap) {
    const r = v128.load32_splat(root), q = v128.load32_splat(root + bytes);
    root += 4;
    for (let at = start; at < start + gap; at += 16) {
      const u = v128.load(at), v = v128.load(at + gap);
      v128.store(at, halve(i32x4.add(u, v), twice));
      v128.store(at + gap, multiplyRoot(i32x4.sub(i32x4.add(u, twice), v), r, q, p));
    }
  }
}

/** values: N u32 in [0, p), bit-reversed order in, natural out, scaled by 1/N. tables: see roots.ts. */
export function nttInverse(values: usize, logN: i32, tables: usize, modulus: usize): void {
  const p = v128.load32_splat(modulus);
  const twice = i32x4.add(p, p);
  const bytes = <usize>4 << logN;
  const end = values + bytes;
  const inverses = tables + 2 * bytes;
  // Gap 1, then gap 2, in registers; the roots of a stage with m blocks are entries m .. 2m - 1.
  let root = inverses + (bytes >> 1), second = inverses + (bytes >> 2);
  for (let at = values; at < end; at += 32) {
    const x = v128.load(at), y = v128.load(at, 16);
    const u = v128.shuffle<i32>(x, y, 0, 2, 4, 6), v = v128.shuffle<i32>(x, y, 1, 3, 5, 7);
    const s = halve(i32x4.add(u, v), twice);
    const d = multiplyRoot(i32x4.sub(i32x4.add(u, twice), v), v128.load(root), v128.load(root + bytes), p);
    root += 16;
    // Coefficients 0, 1 of each block of four, and 2, 3.
    const a = v128.shuffle<i32>(s, d, 0, 4, 2, 6), b = v128.shuffle<i32>(s, d, 1, 5, 3, 7);
    const r = v128.load64_splat(second), q = v128.load64_splat(second + bytes);
    second += 8;
    const low = halve(i32x4.add(a, b), twice);
    const high = multiplyRoot(
      i32x4.sub(i32x4.add(a, twice), b),
      v128.shuffle<i32>(r, r, 0, 0, 1, 1), v128.shuffle<i32>(q, q, 0, 0, 1, 1), p,
    );
    v128.store(at, v128.shuffle<i32>(low, high, 0, 1, 4, 5));
    v128.store(at, v128.shuffle<i32>(low, high, 2, 3, 6, 7), 16);
  }
  let gap: usize = 16;
  let blocks = bytes >> 5;
  // All stages up to the last one, in pairs; an odd one goes first.
  if (!(logN & 1)) {
    inverseStage(values, end, gap, inverses + 4 * blocks, bytes, p);
    gap <<= 1;
    blocks >>= 1;
  }
  for (; blocks > 1; blocks >>= 2) {
    inverseStages(values, end, gap, inverses + 4 * blocks, inverses + 2 * blocks, bytes, p);
    gap <<= 2;
  }
  // Last stage, one block: both sides are scaled by 1/N.
  const scale = v128.load32_splat(inverses), scaleQuotient = v128.load32_splat(inverses + bytes);
  const r = v128.load32_splat(inverses, 4), q = v128.load32_splat(inverses + bytes, 4);
  for (let at = values; at < values + gap; at += 16) {
    const u = v128.load(at), v = v128.load(at + gap);
    v128.store(at, canonicalFromDouble(multiplyRoot(i32x4.add(u, v), scale, scaleQuotient, p), p));
    const difference = multiplyRoot(i32x4.sub(i32x4.add(u, twice), v), r, q, p);
    v128.store(at + gap, canonicalFromDouble(difference, p));
  }
  if (isFolded(tables)) unfold(values, bytes, tables, modulus);
}
