// Sums of products of two ciphertexts, each times a plaintext polynomial: all pointwise, in NTT form.

import { canonicalFromDouble, canonicalFromSigned, centre, montgomery, montgomeryProduct } from '@ciphernet/ring/assembly/modulus';

/** Pairs of ciphertexts that are taken together: so many products of centred residues stay within one reduction. */
const PAIRS: i32 = 8;
/** Bytes of the three components of a product, four coefficients. */
const PRODUCT_BYTES: usize = 48;

/** The largest magnitude of `words` i32 values, as u32; words is a multiple of 4. */
export function largestMagnitude(values: usize, words: i32): u32 {
  let most = i32x4.splat(0);
  const end = values + (<usize>words << 2);
  for (let at = values; at < end; at += 16) most = i32x4.max_u(most, i32x4.abs(v128.load(at)));
  const two = i32x4.max_u(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  const one = i32x4.max_u(two, v128.shuffle<i32>(two, two, 1, 0, 3, 2));
  return <u32>i32x4.extract_lane(one, 0);
}

/**
 * acc[output][component] += sum over eight pairs of (x * y)[component] * weight[output][pair].
 *
 * cipher: u32 in [0, p), component c of a ciphertext at its offset + c * componentBytes.
 * pairs: eight times (offset of x, offset of y), i32, in bytes from `cipher`.
 * weights: [group][output][pair][4 lanes] i32, |w| <= p/2, times 2^64 mod p: what the two reductions take away.
 * scratch: 384 bytes.
 * acc: i32, |a| <= p/2, [output][component] rows of rowBytes.
 *
 * Bounds: x * y < p^2, and the middle component's two products 2 p^2 < p * 2^31. Centred, a product is at most p/2, so that eight
 * times weights are at most 2 p^2 again, and reduced at most p/2 + 2 p^2 / 2^32 <= p; with acc 3p/2, what centre() takes.
 */
export function productBlock(
  cipher: usize, componentBytes: usize, pairs: usize, weights: usize, outputs: i32, groups: i32,
  scratch: usize, acc: usize, rowBytes: usize, modulus: usize,
): void {
  const p = v128.load32_splat(modulus), inverse = v128.load32_splat(modulus, 4);
  for (let g = 0; g < groups; g++) {
    const at = <usize>g << 4;
    let product = scratch;
    for (let k = 0; k < PAIRS; k++) {
      const x = cipher + load<usize>(pairs + (<usize>k << 3)) + at;
      const y = cipher + load<usize>(pairs + (<usize>k << 3), 4) + at;
      const x0 = v128.load(x), x1 = v128.load(x + componentBytes);
      const y0 = v128.load(y), y1 = v128.load(y + componentBytes);
      v128.store(product, centre(montgomeryProduct(x0, y0, p, inverse), p));
      const low = i64x2.add(i64x2.extmul_low_i32x4_s(x0, y1), i64x2.extmul_low_i32x4_s(x1, y0));
      const high = i64x2.add(i64x2.extmul_high_i32x4_s(x0, y1), i64x2.extmul_high_i32x4_s(x1, y0));
      v128.store(product, centre(montgomery(low, high, p, inverse), p), 16);
      v128.store(product, centre(montgomeryProduct(x1, y1, p, inverse), p), 32);
      product += PRODUCT_BYTES;
    }
    let target = acc + at;
    for (let output = 0; output < outputs; output++) {
      let l0 = i64x2.splat(0), h0 = i64x2.splat(0);
      let l1 = i64x2.splat(0), h1 = i64x2.splat(0);
      let l2 = i64x2.splat(0), h2 = i64x2.splat(0);
      for (let from = scratch; from < product; from += PRODUCT_BYTES) {
        const w = v128.load(weights);
        weights += 16;
        const t0 = v128.load(from);
        l0 = i64x2.add(l0, i64x2.extmul_low_i32x4_s(t0, w));
        h0 = i64x2.add(h0, i64x2.extmul_high_i32x4_s(t0, w));
        const t1 = v128.load(from, 16);
        l1 = i64x2.add(l1, i64x2.extmul_low_i32x4_s(t1, w));
        h1 = i64x2.add(h1, i64x2.extmul_high_i32x4_s(t1, w));
        const t2 = v128.load(from, 32);
        l2 = i64x2.add(l2, i64x2.extmul_low_i32x4_s(t2, w));
        h2 = i64x2.add(h2, i64x2.extmul_high_i32x4_s(t2, w));
      }
      v128.store(target, centre(i32x4.add(v128.load(target), montgomery(l0, h0, p, inverse)), p));
      target += rowBytes;
      v128.store(target, centre(i32x4.add(v128.load(target), montgomery(l1, h1, p, inverse)), p));
      target += rowBytes;
      v128.store(target, centre(i32x4.add(v128.load(target), montgomery(l2, h2, p, inverse)), p));
      target += rowBytes;
    }
  }
}

/** (row + constant) mod p, in place. row: `words` i32, a multiple of 4, |a| <= p/2; becomes u32 in [0, p). constant: in [0, p). */
export function addConstant(row: usize, words: i32, constant: i32, modulus: usize): void {
  const p = v128.load32_splat(modulus);
  const c = i32x4.splat(constant);
  const end = row + (<usize>words << 2);
  // In [-p/2, 3p/2), then in [0, 3p/2).
  for (; row < end; row += 16) {
    const sum = i32x4.add(v128.load(row), c);
    v128.store(row, canonicalFromDouble(canonicalFromSigned(sum, p), p));
  }
}
