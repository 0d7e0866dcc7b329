// The distributions of SEAL's secrets and errors (native/src/seal/util/rlwe.cpp), from uniform random bits that the host
// writes. No branch and no address depends on a bit that is used; where bits are rejected, time depends on those alone.

/** Bits of one half of an error: it is the difference of two counts of 21 bits (`sample_poly_cbd`). */
const HALF_MASK: i32 = (1 << 21) - 1;
const REST_LOW: i32 = 0x3ff;
const REST_HIGH: i32 = 0xffc00;

/** 255 = 3 * 85: bytes below it are uniform modulo 3. */
const TERNARY_BOUND: u32 = 255;

/** Bits set in each of four words. */
// @ts-ignore: decorator
@inline
function count(words: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(i8x16.popcnt(words)));
}

/**
 * Two polynomials of errors: each coefficient is a count of 21 bits minus another, in [-21, 21], variance 10.5.
 *
 * random: 3 * n words, three planes. The first error takes the low 21 bits of planes 0 and 1, the second their upper 11
 * and ten bits of plane 2 each, so that no bit is used twice.
 * first, second: n i32. n is a multiple of 4.
 */
export function centredBinomials(random: usize, first: usize, second: usize, n: i32): void {
  const plane = <usize>n << 2;
  const half = i32x4.splat(HALF_MASK);
  const low = i32x4.splat(REST_LOW);
  const high = i32x4.splat(REST_HIGH);
  for (let at: usize = 0; at < plane; at += 16) {
    const a = v128.load(random + at);
    const b = v128.load(random + plane + at);
    const rest = v128.load(random + 2 * plane + at);
    v128.store(first + at, i32x4.sub(count(v128.and(a, half)), count(v128.and(b, half))));
    const plus = i32x4.add(count(i32x4.shr_u(a, 21)), count(v128.and(rest, low)));
    const minus = i32x4.add(count(i32x4.shr_u(b, 21)), count(v128.and(rest, high)));
    v128.store(second + at, i32x4.sub(plus, minus));
  }
}

/**
 * Coefficients uniform in {-1, 0, 1} (`sample_poly_ternary`), by rejecting the byte 255.
 *
 * random: `bytes` bytes. target: n i32. Returns how many were written: fewer than n where the bytes ran out.
 */
export function ternary(random: usize, bytes: i32, target: usize, n: i32): i32 {
  let written = 0;
  for (let i = 0; i < bytes && written < n; i++) {
    const byte = <u32>load<u8>(random + <usize>i);
    // byte - 3 * floor(byte / 3), the quotient by a product: exact below 256.
    const rest = byte - 3 * ((byte * 171) >> 9);
    store<i32>(target + (<usize>written << 2), <i32>rest - 1);
    written += <i32>(byte < TERNARY_BOUND);
  }
  return written;
}
