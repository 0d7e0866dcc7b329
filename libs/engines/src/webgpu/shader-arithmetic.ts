/**
 * Arithmetic modulo a prime p < 2^30 in WGSL, whose integers have 32 bits and no wide product; four lanes at a time.
 *
 * Signed Montgomery reduction (P. L. Montgomery, Math. Comp. 44, 1985) with R = 2^32, as in the ring's assembly: a 64-bit t with
 * |t| ≤ p·2^31 becomes t·2^−32 mod p, |r| ≤ p/2 + |t|/2^32. Numbers of 64 bits are a low word and a signed high word.
 */
export const ARITHMETIC = /* wgsl */ `
requires packed_4x8_integer_dot_product;

struct Shape {
  prime: u32,
  inverse: u32,  // p^-1 mod 2^32
  factor: i32,   // 2^(32 (power + 1)) mod p, centred: removes the power of 2^-32 that results carry
  columns: u32,  // coefficients worked on together, a multiple of 64
  tile: u32,     // coefficients of a tile of the shard
  features: u32, // rows of the input
  groups: u32,   // packed rows of the input, of four rows each
  quads: u32,    // groups of four outputs
}
@group(0) @binding(0) var<uniform> shape: Shape;

struct Wide {
  low: vec4<u32>,
  high: vec4<i32>,
}

// High word of the product of unsigned words, from 16-bit halves.
fn multiplyHigh(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
  let mask = vec4<u32>(0xffffu);
  let shift = vec4<u32>(16u);
  let a0 = a & mask;
  let a1 = a >> shift;
  let b0 = b & mask;
  let b1 = b >> shift;
  let cross0 = a0 * b1;
  let cross1 = a1 * b0;
  let middle = ((a0 * b0) >> shift) + (cross0 & mask) + (cross1 & mask); // < 3 * 2^16
  return a1 * b1 + (cross0 >> shift) + (cross1 >> shift) + (middle >> shift);
}

// A negative factor is its word less 2^32: the other factor is taken off the high word.
fn product(a: vec4<i32>, b: vec4<i32>) -> Wide {
  let ua = bitcast<vec4<u32>>(a);
  let ub = bitcast<vec4<u32>>(b);
  let high = bitcast<vec4<i32>>(multiplyHigh(ua, ub));
  let zero = vec4<i32>(0);
  return Wide(ua * ub, high - select(zero, b, a < zero) - select(zero, a, b < zero));
}

fn sum(a: Wide, b: Wide) -> Wide {
  let low = a.low + b.low;
  return Wide(low, a.high + b.high + select(vec4<i32>(0), vec4<i32>(1), low < a.low));
}

// In: |t| <= p * 2^31. Out: t * 2^-32 mod p, |r| <= p/2 + |t| / 2^32. The low words of t and m * p are equal and cancel.
fn montgomery(t: Wide) -> vec4<i32> {
  let m = bitcast<vec4<i32>>(t.low * vec4<u32>(shape.inverse));
  return t.high - product(m, vec4<i32>(i32(shape.prime))).high;
}

// Four signed digits in base 256 of each lane, a byte each, lowest first: adding 128 to every digit makes the bytes of an
// unsigned number, and flipping the top bit of a byte takes the 128 off again. In: -128 * 16843009 <= x <= 127 * 16843009,
// which is more than |x| <= 0.99 * 2^31.
fn signedDigits(x: vec4<i32>) -> vec4<u32> {
  let offset = vec4<u32>(0x80808080u);
  return (bitcast<vec4<u32>>(x) + offset) ^ offset;
}

// Four rows' digits to four digits' rows: byte i of word k is digit k of row i.
fn byDigit(x: vec4<u32>) -> vec4<u32> {
  let even = 0x00ff00ffu;
  let odd = 0xff00ff00u;
  let low01 = (x.x & even) | ((x.y & even) << 8u);
  let low23 = (x.z & even) | ((x.w & even) << 8u);
  let high01 = ((x.x >> 8u) & even) | (x.y & odd);
  let high23 = ((x.z >> 8u) & even) | (x.w & odd);
  return vec4<u32>(
    (low01 & 0xffffu) | (low23 << 16u),
    (high01 & 0xffffu) | (high23 << 16u),
    (low01 >> 16u) | (low23 & 0xffff0000u),
    (high01 >> 16u) | (high23 & 0xffff0000u),
  );
}
`;
