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
  // |difference * special + message * one| <= (2^29 + 21 + 2^30) p/2 < p * 2^31: one reduction for both.
  for (let i: usize = 0; i < bytes; i += 16) {
    const d = v128.load(difference + i);
    let low = i64x2.extmul_low_i32x4_s(d, special);
    let high = i64x2.extmul_high_i32x4_s(d, special);
    if (message) {
      const m = v128.load(message + i);
      low = i64x2.add(low, i64x2.extmul_low_i32x4_s(m, one));
      high = i64x2.add(high, i64x2.extmul_high_i32x4_s(m, one));
    }
    v128.store(target + i, canonicalFromSigned(montgomery(low, high, p, inverse), p));
  }
  nttForward(target, logN, tables, modulus);
  for (let i: usize = 0; i < bytes; i += 16) {
    const product = montgomeryProduct(v128.load(key + i), v128.load(transformed + i), p, inverse);
    const sum = i32x4.add(canonicalFromSigned(product, p), v128.load(target + i));
    v128.store(target + i, canonicalFromDouble(sum, p));
  }
}

/**
 * First component of a symmetric ciphertext modulo p: NTT(message - error) - mask * secret.
 *
 * mask: N u32 uniform in [0, p), the second component. secret: in Montgomery form, centred. error: |e| <= 21.
 * message: below 2^30 in magnitude. target: N u32 in [0, p).
 */
export function symmetricComponent(
  mask: usize, secret: usize, error: usize, message: usize, target: usize, logN: i32, tables: usize, modulus: usize,
): void {
  const p = v128.load32_splat(modulus);
  const inverse = v128.load32_splat(modulus, 4);
  const one = v128.load32_splat(modulus, 8);
  const bytes = (<usize>4) << logN;
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = i32x4.sub(v128.load(message + i), v128.load(error + i));
    v128.store(target + i, canonicalFromSigned(montgomeryProduct(x, one, p, inverse), p));
  }
  nttForward(target, logN, tables, modulus);
  for (let i: usize = 0; i < bytes; i += 16) {
    const product = canonicalFromSigned(montgomeryProduct(v128.load(secret + i), v128.load(mask + i), p, inverse), p);
    v128.store(target + i, canonicalFromSigned(i32x4.sub(v128.load(target + i), product), p));
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
