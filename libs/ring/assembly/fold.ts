// The conjugate-invariant ring: elements of Z[X]/(X^2N + 1) that X -> 1/X leaves as they are (Kim and Song, ePrint 2018/952).
// s_0, s_1, …, s_(N-1) stand for s_0 + sum s_i (X^i - X^(2N-i)).
//
// Their transform of 2N values is a palindrome, so its first half is all of it. That half is the N-point transform, with the
// roots of the first half of each stage, of what the first of the 2N-point transform's stages makes of the coefficients: with I
// its root, a square root of -1,
//     x_0 = s_0,   x_i = s_i - I s_(N-i).
// Backwards, since I^2 = -1: 2 s_i = x_i + I x_(N-i).

import { canonicalFromDouble } from './modulus';
import { halve, multiplyRoot } from './shoup';

/** Four lanes backwards. */
// @ts-ignore: decorator
@inline
function backwards(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 3, 2, 1, 0);
}

/** s to x, in place. In: [0, p). Out: [0, 3p). root: I, and `bytes` further its quotient. modulus: record of p. */
export function fold(values: usize, bytes: usize, root: usize, modulus: usize): void {
  const p = v128.load32_splat(modulus);
  const twice = i32x4.add(p, p);
  const r = v128.load32_splat(root), q = v128.load32_splat(root + bytes);
  // Coefficients i … i + 3 and N - i - 3 … N - i. The last four from below meet those from above in N/2, which both write alike.
  let upper = values + bytes - 16;
  for (let lower = values + 4; lower < values + (bytes >> 1); lower += 16, upper -= 16) {
    const a = v128.load(lower), b = backwards(v128.load(upper));
    v128.store(lower, i32x4.sub(i32x4.add(a, twice), multiplyRoot(b, r, q, p)));
    v128.store(upper, backwards(i32x4.sub(i32x4.add(b, twice), multiplyRoot(a, r, q, p))));
  }
}

/** x to s, in place; x comes divided by two. In and out: [0, p). */
export function unfold(values: usize, bytes: usize, root: usize, modulus: usize): void {
  const p = v128.load32_splat(modulus);
  const twice = i32x4.add(p, p);
  const r = v128.load32_splat(root), q = v128.load32_splat(root + bytes);
  const first = load<u32>(values) << 1;
  const prime = load<u32>(modulus);
  store<u32>(values, first >= prime ? first - prime : first);
  let upper = values + bytes - 16;
  for (let lower = values + 4; lower < values + (bytes >> 1); lower += 16, upper -= 16) {
    const a = v128.load(lower), b = backwards(v128.load(upper));
    const s = halve(i32x4.add(a, multiplyRoot(b, r, q, p)), twice);
    const t = halve(i32x4.add(b, multiplyRoot(a, r, q, p)), twice);
    v128.store(lower, canonicalFromDouble(s, p));
    v128.store(upper, backwards(canonicalFromDouble(t, p)));
  }
}
