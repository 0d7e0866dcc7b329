// Division by the last prime with rounding, bit for bit as SEAL 4.1's RNSTool::divide_and_round_q_last_ntt_inplace:
// with the last limb in coefficient form plus half of its prime, every other limb becomes
// (limb - NTT(last mod p - half mod p)) / last prime.

import { canonicalFromDouble, canonicalFromSigned, montgomeryForm, montgomeryProduct, power } from './modulus';
import { nttForward, nttInverse } from './ntt';

/** last: N u32 in [0, q), NTT form in; out: coefficients plus q >> 1, mod q, in [0, q). Once a component. */
export function rescaleLast(last: usize, logN: i32, tables: usize, modulus: usize): void {
  nttInverse(last, logN, tables, modulus);
  const q = v128.load32_splat(modulus);
  const half = i32x4.shr_u(q, 1);
  const end = last + ((<usize>4) << logN);
  for (let at = last; at < end; at += 16) {
    v128.store(at, canonicalFromDouble(i32x4.add(v128.load(at), half), q));
  }
}

/**
 * limb: N u32 in [0, p), NTT form, in place. last: from rescaleLast, values below 2^30. scratch: N u32.
 * tables, modulus: of p. lastPrime: q, other than p.
 */
export function rescaleLimb(
  limb: usize,
  last: usize,
  scratch: usize,
  logN: i32,
  tables: usize,
  modulus: usize,
  lastPrime: u32,
): void {
  const prime = load<u32>(modulus);
  const p = v128.load32_splat(modulus);
  const inverse = v128.load32_splat(modulus, 4);
  const bytes = (<usize>4) << logN;
  // Times 2^32 / 2^32 reduces: |x * c| <= 2^30 * p/2. Then minus half: (-p, p).
  const one = v128.load32_splat(modulus, 8);
  const half = i32x4.splat((lastPrime >> 1) % prime);
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = canonicalFromSigned(montgomeryProduct(v128.load(last + i), one, p, inverse), p);
    v128.store(scratch + i, canonicalFromSigned(i32x4.sub(x, half), p));
  }
  nttForward(scratch, logN, tables, modulus);
  const factor = i32x4.splat(montgomeryInverse(lastPrime, prime));
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = i32x4.sub(v128.load(limb + i), v128.load(scratch + i));
    v128.store(limb + i, canonicalFromSigned(montgomeryProduct(x, factor, p, inverse), p));
  }
}

/** value^-1 * 2^32 mod p, centred. */
function montgomeryInverse(value: u32, p: u32): i32 {
  return montgomeryForm(power(<u64>(value % p), <u64>(p - 2), p), p);
}
