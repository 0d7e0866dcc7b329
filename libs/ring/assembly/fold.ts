// The conjugate-invariant ring: elements of Z[X]/(X^2N + 1) that X -> 1/X leaves as they are (Kim and Song, ePrint 2018/952).
// s_0, s_1, …, s_(N-1) stand for s_0 + sum s_i (X^i - X^(2N-i)).
//
// Their transform of 2N values is a palindrome, so its first half is all of it. That half is the N-point transform, with the
// roots of the first half of each stage, of what the first of the 2N-point transform's stages makes of the coefficients: with I
// its root, a square root of -1,
//     x_0 = s_0,   x_i = s_i - I s_(N-i),   so   x_(N-i) = -I (s_i + I s_(N-i)).
// One product serves both: with t = I s_(N-i), s_i - t stands in the lower half, and s_i + t in the upper one, whose factor -I is
// that of the root which the next stage multiplies the upper half by (roots.ts). Backwards, since I^2 = -1: 2 s_i = x_i + I x_(N-i) and
// 2 s_(N-i) = I (x_i - I x_(N-i)), where the last stage's root has brought I into the upper half.

import { canonicalFromDouble } from './modulus';
import { canonical, multiplyRoot } from './shoup';

/** Four lanes backwards. */
// @ts-ignore: decorator
@inline
function backwards(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 3, 2, 1, 0);
}

/**
 * s to x, in place, the upper half without its factor -I. In: [0, p). Out: [0, 3p). root: I, and `bytes` further its quotient. modulus:
 * record of p.
 */
export function fold(values: usize, bytes: usize, root: usize, modulus: usize): void {
  const p = v128.load32_splat(modulus);
  const twice = i32x4.add(p, p);
  const r = v128.load32_splat(root), q = v128.load32_splat(root + bytes);
  // Coefficients i … i + 3 and N - i - 3 … N - i. The last four from below end at N/2, where those from above begin: it is the upper's.
  let upper = values + bytes - 16;
  for (let lower = values + 4; lower < values + (bytes >> 1); lower += 16, upper -= 16) {
    const a = v128.load(lower);
    const t = multiplyRoot(backwards(v128.load(upper)), r, q, p);
    v128.store(lower, i32x4.sub(i32x4.add(a, twice), t));
    v128.store(upper, backwards(i32x4.add(a, t)));
  }
}

/**
 * x to s, in place; x comes divided by two, its upper half times I. In and out: [0, p). root: I, and `bytes` further its quotient.
 * modulus: record of p.
 */
export function unfold(values: usize, bytes: usize, root: usize, modulus: usize): void {
  const p = v128.load32_splat(modulus);
  const twice = i32x4.add(p, p);
  const r = v128.load32_splat(root), q = v128.load32_splat(root + bytes);
  const prime = load<u32>(modulus);
  const first = load<u32>(values) << 1;
  store<u32>(values, first >= prime ? first - prime : first);
  // s_(N/2) = x (1 + I) = z - I z for z = I x, which stands there.
  const middle = values + (bytes >> 1);
  const z = v128.load32_splat(middle);
  const own = canonical(i32x4.sub(i32x4.add(z, twice), multiplyRoot(z, r, q, p)), twice, p);
  let upper = values + bytes - 16;
  for (let lower = values + 4; lower < middle; lower += 16, upper -= 16) {
    const a = v128.load(lower), b = backwards(v128.load(upper));
    v128.store(lower, canonicalFromDouble(i32x4.add(a, b), p));
    const t = multiplyRoot(i32x4.sub(i32x4.add(a, p), b), r, q, p);
    v128.store(upper, backwards(canonicalFromDouble(t, p)));
  }
  v128.store32_lane(middle, own, 0);
}
