// Encryption with the public key or the secret key, one prime at a time; residues equal SEAL's for the same randomness
// (native/src/seal/util/rlwe.cpp `encrypt_zero_asymmetric`, `encrypt_zero_symmetric`, rns.cpp
// `divide_and_round_q_last_ntt_inplace`).
//
// Public key (b, a) modulo q P, P the special prime: c = round((u * (b, a) + (e0, e1)) / P) + (m, 0). With the remainder
// t = u * key + e modulo P, centred as SEAL's rounding has it, that is, modulo each other prime p,
//     c = u * key / P + (e - t) / P + m,
// so e - t, which is small, and m go through one transform together.

import { canonicalFromDouble, canonicalFromSigned, centre, montgomery, montgomeryProduct } from '@ciphernet/ring/assembly/modulus';
import { nttForward, nttInverse } from '@ciphernet/ring/assembly/ntt';

/** Of primes beyond it the double is beyond every message less its error: 2 * (2^29 + 11) = 2^30 + 22. */
const LARGE_PRIME: u32 = (1 << 29) + 11;

/** Coefficients in (-p, p) to the transform of their residues. In place where source = target. */
export function transformSmall(source: usize, target: usize, logN: i32, tables: usize, modulus: usize): void {
  const p = v128.load32_splat(modulus);
  const bytes = (<usize>4) << logN;
  for (let i: usize = 0; i < bytes; i += 16) v128.store(target + i, canonicalFromSigned(v128.load(source + i), p));
  nttForward(target, logN, tables, modulus);
}

/**
 * e - t, where t is u * key + e modulo the special prime, in (-P/2, P/2): what the division by P takes off. In [-P/2 - 21, P/2 + 21].
 *
 * transformed: of u modulo P. key: that of the special prime, in Montgomery form, centred. error: e, |e| <= 21; becomes the
 * result. scratch: N u32. tables, modulus: of P.
 */
export function roundingDifference(
  transformed: usize, key: usize, error: usize, scratch: usize, logN: i32, tables: usize, modulus: usize,
): void {
  const p = v128.load32_splat(modulus);
  const inverse = v128.load32_splat(modulus, 4);
  const bytes = (<usize>4) << logN;
  for (let i: usize = 0; i < bytes; i += 16) {
    const product = montgomeryProduct(v128.load(key + i), v128.load(transformed + i), p, inverse);
    v128.store(scratch + i, canonicalFromSigned(product, p));
  }
  nttInverse(scratch, logN, tables, modulus);
  for (let i: usize = 0; i < bytes; i += 16) {
    const e = v128.load(error + i);
    v128.store(error + i, i32x4.sub(e, centre(i32x4.add(v128.load(scratch + i), e), p)));
  }
}

/**
 * difference / P + message modulo p, in [-p, p]. difference, message: four i32 each, below 2^29 + 21 and 2^30 in magnitude; message 0 for none.
 * special: P^-1 * 2^32, centred. one: 2^32, centred.
 */
// @ts-ignore: decorator
@inline
export function divided(difference: usize, message: usize, special: v128, one: v128, p: v128, inverse: v128): v128 {
  const d = v128.load(difference);
  let low = i64x2.extmul_low_i32x4_s(d, special);
  let high = i64x2.extmul_high_i32x4_s(d, special);
  if (message) {
    // |difference * special + message * one| <= (2^29 + 21 + 2^30) p/2 < p * 2^31: one reduction for both.
    const m = v128.load(message);
    low = i64x2.add(low, i64x2.extmul_low_i32x4_s(m, one));
    high = i64x2.add(high, i64x2.extmul_high_i32x4_s(m, one));
  }
  return montgomery(low, high, p, inverse);
}

/**
 * One component of a public-key ciphertext modulo p: u * key / P + NTT(difference / P + message).
 *
 * transformed: of u modulo p. key: times P^-1, in Montgomery form, centred. difference: from `roundingDifference`, below
 * 2^29 + 21 in magnitude. message: N i32 below 2^30 in magnitude, or 0 for none. specialInverse: P^-1 * 2^32 modulo p, centred.
 * target: N u32 in [0, p).
 */
export function publicComponent(
  transformed: usize, key: usize, difference: usize, message: usize, specialInverse: i32, target: usize,
  logN: i32, tables: usize, modulus: usize,
): void {
  const p = v128.load32_splat(modulus);
  const inverse = v128.load32_splat(modulus, 4);
  const one = v128.load32_splat(modulus, 8);
  const special = i32x4.splat(specialInverse);
  const bytes = (<usize>4) << logN;
  for (let i: usize = 0; i < bytes; i += 16) {
    const sum = divided(difference + i, message ? message + i : 0, special, one, p, inverse);
    v128.store(target + i, canonicalFromSigned(sum, p));
  }
  nttForward(target, logN, tables, modulus);
  for (let i: usize = 0; i < bytes; i += 16) {
    const product = montgomeryProduct(v128.load(key + i), v128.load(transformed + i), p, inverse);
    const sum = i32x4.add(canonicalFromSigned(product, p), v128.load(target + i));
    v128.store(target + i, canonicalFromDouble(sum, p));
  }
}

/** message - error in the place of the message; N i32 each, |message| < 2^30, |error| <= 21. */
export function subtractError(message: usize, error: usize, logN: i32): void {
  const bytes = (<usize>4) << logN;
  for (let i: usize = 0; i < bytes; i += 16) v128.store(message + i, i32x4.sub(v128.load(message + i), v128.load(error + i)));
}

/** source: N i32, below 2^30 + 22 in magnitude. target: the transform of its residues, N u32 in [0, p). */
export function transformMessage(source: usize, target: usize, logN: i32, tables: usize, modulus: usize): void {
  const p = v128.load32_splat(modulus);
  const bytes = (<usize>4) << logN;
  if (load<u32>(modulus) > LARGE_PRIME) {
    // Then |x| < 2p.
    const twice = i32x4.add(p, p);
    for (let i: usize = 0; i < bytes; i += 16) {
      v128.store(target + i, canonicalFromDouble(canonicalFromSigned(v128.load(source + i), twice), p));
    }
  } else {
    const inverse = v128.load32_splat(modulus, 4);
    const one = v128.load32_splat(modulus, 8);
    for (let i: usize = 0; i < bytes; i += 16) {
      const product = montgomeryProduct(v128.load(source + i), one, p, inverse);
      v128.store(target + i, canonicalFromSigned(product, p));
    }
  }
  nttForward(target, logN, tables, modulus);
}

/**
 * First components of symmetric ciphertexts modulo p, into a shard's body: NTT(message - error) - mask * secret.
 *
 * transformed: NTT(message - error) of `count` neighbouring ciphertexts, `stride` bytes from one to the next, in [0, p). mask: u32 uniform in
 * [0, p), the second components, [tile][ciphertext][coefficient]. secret: N words in Montgomery form, centred. tile: coefficients of a
 * tile, a multiple of 4. target: the row of the first of them in the first tile; takes u32 in [0, p). tileBytes: from a tile to the next.
 */
export function symmetricRows(
  transformed: usize, stride: usize, count: i32, mask: usize, secret: usize, logN: i32, tile: i32, target: usize,
  tileBytes: usize, modulus: usize,
): void {
  const p = v128.load32_splat(modulus);
  const inverse = v128.load32_splat(modulus, 4);
  const row = <usize>tile << 2;
  const end = secret + (<usize>4 << logN);
  for (; secret < end; secret += row, transformed += row, target += tileBytes) {
    let from = transformed, to = target;
    for (let c = 0; c < count; c++) {
      for (let x: usize = 0; x < row; x += 16) {
        const product = montgomeryProduct(v128.load(secret + x), v128.load(mask), p, inverse);
        // In (-p, 2p).
        const difference = i32x4.sub(v128.load(from + x), product);
        v128.store(to + x, canonicalFromDouble(canonicalFromSigned(difference, p), p));
        mask += 16;
      }
      from += stride;
      to += row;
    }
  }
}

/** key: N u32 in [0, p); becomes key * factor * 2^32 modulo p in (-p/2, p/2]. factor: in Montgomery form twice, centred. */
export function prepareKey(key: usize, factor: i32, logN: i32, modulus: usize): void {
  const p = v128.load32_splat(modulus);
  const inverse = v128.load32_splat(modulus, 4);
  const by = i32x4.splat(factor);
  const bytes = (<usize>4) << logN;
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(key + i, centre(montgomeryProduct(v128.load(key + i), by, p, inverse), p));
  }
}
