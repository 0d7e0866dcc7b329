// Negacyclic NTT of N = 2^logN coefficients (8 <= N <= 32768) mod one prime, in place, in SEAL's order
// (util/dwthandler.h): forward from natural to bit-reversed order, inverse back. Residues are in [0, p) before and
// after every stage, so the results equal SEAL's whatever its lazy ranges are.

import { canonicalFromDouble, canonicalFromSigned } from './modulus';

/** x * root mod p in [0, p). x in (-p, p); root in Montgomery form and root * p^-1 from the tables. */
// @ts-ignore: decorator
@inline
function multiplyRoot(x: v128, root: v128, rootInverse: v128, p: v128): v128 {
  const m = i32x4.mul(x, rootInverse);
  const t = v128.shuffle<i32>(i64x2.extmul_low_i32x4_s(x, root), i64x2.extmul_high_i32x4_s(x, root), 1, 3, 5, 7);
  const u = v128.shuffle<i32>(i64x2.extmul_low_i32x4_s(m, p), i64x2.extmul_high_i32x4_s(m, p), 1, 3, 5, 7);
  return canonicalFromSigned(i32x4.sub(t, u), p);
}

// @ts-ignore: decorator
@inline
function add(u: v128, v: v128, p: v128): v128 {
  return canonicalFromDouble(i32x4.add(u, v), p);
}

// @ts-ignore: decorator
@inline
function subtract(u: v128, v: v128, p: v128): v128 {
  return canonicalFromSigned(i32x4.sub(u, v), p);
}

/** values: N u32 in [0, p), natural order in, bit-reversed out. tables: see roots.ts. */
export function nttForward(values: usize, logN: i32, tables: usize, modulus: usize): void {
  const p = v128.load32_splat(modulus);
  const bytes = <usize>4 << logN;
  let root = tables + 4;
  let gap = bytes >> 1;
  for (; gap >= 16; gap >>= 1) {
    for (let start = values; start < values + bytes; start += 2 * gap) {
      const r = v128.load32_splat(root);
      const ri = v128.load32_splat(root + bytes);
      root += 4;
      const end = start + gap;
      for (let at = start; at < end; at += 16) {
        const u = v128.load(at);
        const v = multiplyRoot(v128.load(at + gap), r, ri, p);
        v128.store(at, add(u, v, p));
        v128.store(at + gap, subtract(u, v, p));
      }
    }
  }
  // Gap 2: two butterflies of two a pair of vectors, gap 1: four of one.
  for (let at = values; at < values + bytes; at += 32) {
    const x = v128.load(at), y = v128.load(at, 16);
    const u = v128.shuffle<i32>(x, y, 0, 1, 4, 5);
    const r = v128.load64_splat(root), ri = v128.load64_splat(root + bytes);
    const v = multiplyRoot(
      v128.shuffle<i32>(x, y, 2, 3, 6, 7),
      v128.shuffle<i32>(r, r, 0, 0, 1, 1), v128.shuffle<i32>(ri, ri, 0, 0, 1, 1), p,
    );
    root += 8;
    const s = add(u, v, p), d = subtract(u, v, p);
    v128.store(at, v128.shuffle<i32>(s, d, 0, 1, 4, 5));
    v128.store(at, v128.shuffle<i32>(s, d, 2, 3, 6, 7), 16);
  }
  for (let at = values; at < values + bytes; at += 32) {
    const x = v128.load(at), y = v128.load(at, 16);
    const u = v128.shuffle<i32>(x, y, 0, 2, 4, 6);
    const v = multiplyRoot(v128.shuffle<i32>(x, y, 1, 3, 5, 7), v128.load(root), v128.load(root + bytes), p);
    root += 16;
    const s = add(u, v, p), d = subtract(u, v, p);
    v128.store(at, v128.shuffle<i32>(s, d, 0, 4, 1, 5));
    v128.store(at, v128.shuffle<i32>(s, d, 2, 6, 3, 7), 16);
  }
}

/** values: N u32 in [0, p), bit-reversed order in, natural out, scaled by 1/N. tables: see roots.ts. */
export function nttInverse(values: usize, logN: i32, tables: usize, modulus: usize): void {
  const p = v128.load32_splat(modulus);
  const bytes = <usize>4 << logN;
  const inverses = tables + 2 * bytes;
  let root = inverses + (bytes >> 1); // roots of a stage with m butterfly blocks are entries m .. 2m - 1
  for (let at = values; at < values + bytes; at += 32) {
    const x = v128.load(at), y = v128.load(at, 16);
    const u = v128.shuffle<i32>(x, y, 0, 2, 4, 6), v = v128.shuffle<i32>(x, y, 1, 3, 5, 7);
    const s = add(u, v, p);
    const d = multiplyRoot(i32x4.sub(u, v), v128.load(root), v128.load(root + bytes), p);
    root += 16;
    v128.store(at, v128.shuffle<i32>(s, d, 0, 4, 1, 5));
    v128.store(at, v128.shuffle<i32>(s, d, 2, 6, 3, 7), 16);
  }
  root = inverses + (bytes >> 2);
  for (let at = values; at < values + bytes; at += 32) {
    const x = v128.load(at), y = v128.load(at, 16);
    const u = v128.shuffle<i32>(x, y, 0, 1, 4, 5), v = v128.shuffle<i32>(x, y, 2, 3, 6, 7);
    const r = v128.load64_splat(root), ri = v128.load64_splat(root + bytes);
    root += 8;
    const s = add(u, v, p);
    const d = multiplyRoot(
      i32x4.sub(u, v), v128.shuffle<i32>(r, r, 0, 0, 1, 1), v128.shuffle<i32>(ri, ri, 0, 0, 1, 1), p,
    );
    v128.store(at, v128.shuffle<i32>(s, d, 0, 1, 4, 5));
    v128.store(at, v128.shuffle<i32>(s, d, 2, 3, 6, 7), 16);
  }
  for (let gap: usize = 16; gap < bytes >> 1; gap <<= 1) {
    root = inverses + (bytes >> 1) / (gap >> 2);
    for (let start = values; start < values + bytes; start += 2 * gap) {
      const r = v128.load32_splat(root);
      const ri = v128.load32_splat(root + bytes);
      root += 4;
      const end = start + gap;
      for (let at = start; at < end; at += 16) {
        const u = v128.load(at), v = v128.load(at + gap);
        v128.store(at, add(u, v, p));
        v128.store(at + gap, multiplyRoot(i32x4.sub(u, v), r, ri, p));
      }
    }
  }
  // Last stage, one block: both sides are scaled by 1/N.
  const gap = bytes >> 1;
  const scale = v128.load32_splat(inverses), scaleInverse = v128.load32_splat(inverses + bytes);
  const r = v128.load32_splat(inverses, 4), ri = v128.load32_splat(inverses + bytes, 4);
  for (let at = values; at < values + gap; at += 16) {
    const u = v128.load(at), v = v128.load(at + gap);
    v128.store(at, multiplyRoot(add(u, v, p), scale, scaleInverse, p));
    v128.store(at + gap, multiplyRoot(i32x4.sub(u, v), r, ri, p));
  }
}
