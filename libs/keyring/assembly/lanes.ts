// What goes into the transforms of four polynomials at a time and comes out of them (wide/arithmetic.ts). Groups of up to four neighbouring
// ciphertexts: lane c is the c-th of them; a lane without one has values of zero.

import { canonicalFromDouble, centre, montgomeryProduct } from '@ciphernet/ring/assembly/modulus';
import { halve } from '@ciphernet/ring/assembly/shoup';
import { divided } from './encryption';
import { PRIME_BYTES, ROUNDING } from './wide/arithmetic';

/** Fills the constants and roots of a prime for four polynomials at a time. target: 32 + 16 N bytes. */
export function lanePrime(tables: usize, logN: i32, modulus: usize, target: usize): void {
  const p = <f64>load<u32>(modulus);
  store<f64>(target, p);
  store<f64>(target, 1 / p, 8);
  store<f64>(target, ROUNDING, 16);
  const end = tables + (<usize>4 << logN);
  for (let root = target + PRIME_BYTES; tables < end; tables += 4, root += 16) {
    const r = <f64>load<u32>(tables);
    store<f64>(root, r);
    store<f64>(root, r / p, 8);
  }
}

/**
 * Values of `count` features from `first` on, group by group: [group][slot][lane].
 *
 * source: f32, images × features. target: takes f32, four for each of `slots` slots, of which those beyond the images are zero. Returns the
 * largest magnitude among them; NaN where one is no number.
 */
export function regroup(
  source: usize, images: i32, features: i32, first: i32, count: i32, slots: i32, target: usize,
): f32 {
  const row = <usize>features << 2;
  const group = <usize>slots << 4;
  source += <usize>first << 2;
  let largest = f32x4.splat(0);
  const rest = count & 3, whole = <usize>(count - rest) << 2;
  for (let i: usize = 0; i < <usize>images; i++, source += row) {
    let to = target + (i << 4);
    let f: usize = 0;
    for (; f < whole; f += 16, to += group) {
      const values = v128.load(source + f);
      // max hands NaN on.
      largest = f32x4.max(largest, f32x4.abs(values));
      v128.store(to, values);
    }
    if (!rest) continue;
    let values = v128.load32_zero(source + f);
    if (rest > 1) values = v128.load32_lane(source + f + 4, values, 1);
    if (rest > 2) values = v128.load32_lane(source + f + 8, values, 2);
    largest = f32x4.max(largest, f32x4.abs(values));
    v128.store(to, values);
  }
  const used = <usize>images << 4;
  for (let to = target, c = 0; c < count; c += 4, to += group) memory.fill(to + used, 0, group - used);
  const most = max<f32>(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1));
  return max<f32>(most, max<f32>(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)));
}

/** Four whole numbers from their doubles plus ROUNDING. */
// @ts-ignore: decorator
@inline
function integers(at: usize): v128 {
  return v128.shuffle<i32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function put(target: usize, errors: usize, at: usize, message: v128): void {
  v128.store(target + at, errors ? i32x4.sub(message, v128.load(errors + at)) : message);
}

/**
 * Messages minus errors, from what `embedLanes` gives.
 *
 * work: M times four f64. errors: N times four i32, |e| <= 21, or 0 for none. target: takes N times four i32, [coefficient][lane]. logM: of the slots.
 * isHalf: of the conjugate-invariant ring, N = M; else N = 2M.
 */
export function laneMessages(work: usize, errors: usize, logM: i32, isHalf: bool, target: usize): void {
  const m = <usize>16 << logM, h = m >> 1;
  // Coefficients M + k and 2M - k mirror M - k and k, with the other sign.
  const first = integers(work), middle = integers(work + 32);
  put(target, errors, 0, first);
  put(target, errors, h, middle);
  if (!isHalf) {
    put(target, errors, m, i32x4.splat(0));
    put(target, errors, m + h, i32x4.neg(middle));
  }
  for (let k: usize = 16; k < h; k += 16) {
    work += 64;
    const a = integers(work), b = integers(work + 32);
    put(target, errors, k, a);
    put(target, errors, m - k, i32x4.neg(b));
    if (isHalf) continue;
    put(target, errors, m + k, b);
    put(target, errors, 2 * m - k, i32x4.neg(a));
  }
}

/** In: [-3p/2, 3p/2]. Out: [0, p). */
// @ts-ignore: decorator
@inline
function canonicalOf(x: v128, twice: v128, p: v128): v128 {
  return canonicalFromDouble(halve(i32x4.add(x, twice), twice), p);
}

/** Whole numbers of `transformLanes` as i32, [value][lane], at most p/2 + 1 in magnitude. */
export function laneIntegers(transformed: usize, logN: i32, target: usize): void {
  const end = target + (<usize>16 << logN);
  for (; target < end; target += 16, transformed += 32) v128.store(target, integers(transformed));
}

/**
 * u * key modulo the special prime, from `laneIntegers` of u's transform. key: in Montgomery form, centred. target: takes [value][lane], at most
 * 5P/8 in magnitude.
 */
export function laneProducts(transformed: usize, key: usize, logN: i32, modulus: usize, target: usize): void {
  const p = v128.load32_splat(modulus);
  const inverse = v128.load32_splat(modulus, 4);
  const end = key + (<usize>4 << logN);
  for (; key < end; key += 4, transformed += 16, target += 16) {
    v128.store(target, montgomeryProduct(v128.load32_splat(key), v128.load(transformed), p, inverse));
  }
}

/** e - t in the place of e, as `roundingDifference` has it. product: of `inverseLanes`; with an error it stays below 3P/2. error: N times four i32, |e| <= 21. modulus: of P. */
export function laneDifference(product: usize, error: usize, logN: i32, modulus: usize): void {
  const p = v128.load32_splat(modulus);
  const end = error + (<usize>16 << logN);
  for (; error < end; error += 16, product += 32) {
    const e = v128.load(error);
    v128.store(error, i32x4.sub(e, centre(i32x4.add(integers(product), e), p)));
  }
}

/**
 * What goes through the transform of one component modulo p: difference / P + message; see `publicComponent`. target: takes N times four i32
 * in (-p, p).
 */
export function laneSum(
  difference: usize, message: usize, specialInverse: i32, logN: i32, modulus: usize, target: usize,
): void {
  const p = v128.load32_splat(modulus);
  const inverse = v128.load32_splat(modulus, 4);
  const one = v128.load32_splat(modulus, 8);
  const special = i32x4.splat(specialInverse);
  const bytes = <usize>16 << logN;
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(target + i, divided(difference + i, message ? message + i : 0, special, one, p, inverse));
  }
}

/** Four rows of a tile from four values of each: [value][lane] to [ciphertext][value], `row` bytes from one to the next, those that there are. */
// @ts-ignore: decorator
@inline
function storeRows(to: usize, row: usize, count: i32, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const AB = v128.shuffle<i32>(a, b, 2, 6, 3, 7), CD = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
  if (count > 1) v128.store(to + row, v128.shuffle<i64>(ab, cd, 1, 3));
  if (count > 2) v128.store(to + 2 * row, v128.shuffle<i64>(AB, CD, 0, 2));
  if (count > 3) v128.store(to + 3 * row, v128.shuffle<i64>(AB, CD, 1, 3));
}

/**
 * One component of public-key ciphertexts modulo p, into a shard's body: u * key / P + NTT(difference / P + message).
 *
 * transformed: of `laneSum`, from `transformLanes`. u: of `laneIntegers`. key: times P^-1, in Montgomery form, centred. count: ciphertexts of the
 * group. tile, target, tileBytes: as for `laneRows`.
 */
export function lanePublicRows(
  transformed: usize, u: usize, key: usize, count: i32, logN: i32, tile: i32, target: usize, tileBytes: usize,
  modulus: usize,
): void {
  const p = v128.load32_splat(modulus);
  const inverse = v128.load32_splat(modulus, 4);
  const twice = i32x4.add(p, p);
  const row = <usize>tile << 2;
  const end = key + (<usize>4 << logN);
  for (; key < end; target += tileBytes) {
    for (let x: usize = 0; x < row; x += 16, key += 16, transformed += 128, u += 64) {
      const a = montgomeryProduct(v128.load32_splat(key), v128.load(u), p, inverse);
      const b = montgomeryProduct(v128.load32_splat(key, 4), v128.load(u, 16), p, inverse);
      const c = montgomeryProduct(v128.load32_splat(key, 8), v128.load(u, 32), p, inverse);
      const d = montgomeryProduct(v128.load32_splat(key, 12), v128.load(u, 48), p, inverse);
      storeRows(
        target + x, row, count,
        canonicalOf(i32x4.add(integers(transformed), a), twice, p),
        canonicalOf(i32x4.add(integers(transformed + 32), b), twice, p),
        canonicalOf(i32x4.add(integers(transformed + 64), c), twice, p),
        canonicalOf(i32x4.add(integers(transformed + 96), d), twice, p),
      );
    }
  }
}

/** x - mask * secret in [0, p), for x in [-p/2 - 1, p/2 + 1]; the product is at most 5p/8. */
// @ts-ignore: decorator
@inline
function masked(x: v128, mask: usize, secret: v128, inverse: v128, twice: v128, p: v128): v128 {
  return canonicalOf(i32x4.sub(x, montgomeryProduct(secret, v128.load(mask), p, inverse)), twice, p);
}

/**
 * First components of symmetric ciphertexts modulo p, into a shard's body: NTT(message - error) - mask * secret.
 *
 * transformed: of a group, from `transformLanes`. count: its ciphertexts. mask: u32 uniform in [0, p), the second components,
 * [tile][ciphertext][coefficient]. secret: N words in Montgomery form, centred. tile: coefficients of a tile, a multiple of 4. target: the
 * row of the first of them in the first tile; takes u32 in [0, p). tileBytes: from a tile to the next.
 */
export function laneRows(
  transformed: usize, count: i32, mask: usize, secret: usize, logN: i32, tile: i32, target: usize, tileBytes: usize,
  modulus: usize,
): void {
  const p = v128.load32_splat(modulus);
  const inverse = v128.load32_splat(modulus, 4);
  const twice = i32x4.add(p, p);
  const row = <usize>tile << 2;
  const end = secret + (<usize>4 << logN);
  for (; secret < end; mask += <usize>count * row, target += tileBytes) {
    for (let x: usize = 0; x < row; x += 16, secret += 16, transformed += 128) {
      const s = v128.load(secret);
      const a = integers(transformed), b = integers(transformed + 32), c = integers(transformed + 64), d = integers(transformed + 96);
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
      const AB = v128.shuffle<i32>(a, b, 2, 6, 3, 7), CD = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
      let to = target + x, from = mask + x;
      v128.store(to, masked(v128.shuffle<i64>(ab, cd, 0, 2), from, s, inverse, twice, p));
      if (count < 2) continue;
      to += row, from += row;
      v128.store(to, masked(v128.shuffle<i64>(ab, cd, 1, 3), from, s, inverse, twice, p));
      if (count < 3) continue;
      to += row, from += row;
      v128.store(to, masked(v128.shuffle<i64>(AB, CD, 0, 2), from, s, inverse, twice, p));
      if (count < 4) continue;
      to += row, from += row;
      v128.store(to, masked(v128.shuffle<i64>(AB, CD, 1, 3), from, s, inverse, twice, p));
    }
  }
}
