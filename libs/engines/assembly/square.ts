// Squares of ciphertexts, without relinearisation, packed at once as the input of the next linear map.
//
// Input: components as `gemm` leaves them, |x| <= p/2 + 2^14, times R^-e; output times R^-(2e + 1).
// With p >= 2^20 the sums of products are at most 0.8 p^2 (3/4 p^2 at 2^30), the results at most
// p/2 + |sum| / 2^32 <= 22,529 * 2^15, and the high digits at most 22,530: no centring needed.

import { highPairs, lowPairs } from './digits';
import { montgomery, montgomeryProduct } from '@ciphernet/ring/assembly/modulus';

/**
 * tile: component c at tile + c * tileComponent: [group][row][4 lanes] i32, group g at + g * tileGroup.
 * packed: component c at packed + c * packedComponent: packed tile, group g at + g * packedGroup.
 * rows: even; rows 2k and 2k + 1 become pair row k.
 */
export function square2(
  tile: usize, tileComponent: usize, tileGroup: usize, rows: i32, groups: i32,
  packed: usize, packedComponent: usize, packedGroup: usize, modulus: usize,
): void {
  const p = v128.load32_splat(modulus);
  const inverse = v128.load32_splat(modulus, 4);
  const bytes = <usize>rows * 16;
  for (let g = 0; g < groups; g++) {
    let source = tile + <usize>g * tileGroup;
    let target = packed + <usize>g * packedGroup;
    const end = source + bytes;
    while (source < end) {
      const a0 = v128.load(source), b0 = v128.load(source, 16);
      const second = source + tileComponent;
      const a1 = v128.load(second), b1 = v128.load(second, 16);
      storePair(target, montgomeryProduct(a0, a0, p, inverse), montgomeryProduct(b0, b0, p, inverse));
      storePair(
        target + packedComponent,
        montgomeryProduct(a0, i32x4.add(a1, a1), p, inverse), montgomeryProduct(b0, i32x4.add(b1, b1), p, inverse),
      );
      storePair(
        target + 2 * packedComponent,
        montgomeryProduct(a1, a1, p, inverse), montgomeryProduct(b1, b1, p, inverse),
      );
      source += 32;
      target += 32;
    }
  }
}

/** As square2, from three components to five. */
export function square3(
  tile: usize, tileComponent: usize, tileGroup: usize, rows: i32, groups: i32,
  packed: usize, packedComponent: usize, packedGroup: usize, modulus: usize,
): void {
  const p = v128.load32_splat(modulus);
  const inverse = v128.load32_splat(modulus, 4);
  const bytes = <usize>rows * 16;
  for (let g = 0; g < groups; g++) {
    let source = tile + <usize>g * tileGroup;
    let target = packed + <usize>g * packedGroup;
    const end = source + bytes;
    while (source < end) {
      const second = source + tileComponent;
      const third = second + tileComponent;
      const a0 = v128.load(source), b0 = v128.load(source, 16);
      const a1 = v128.load(second), b1 = v128.load(second, 16);
      const a2 = v128.load(third), b2 = v128.load(third, 16);
      const twiceA1 = i32x4.add(a1, a1), twiceB1 = i32x4.add(b1, b1);
      let at = target;
      storePair(at, montgomeryProduct(a0, a0, p, inverse), montgomeryProduct(b0, b0, p, inverse));
      at += packedComponent;
      storePair(at, montgomeryProduct(a0, twiceA1, p, inverse), montgomeryProduct(b0, twiceB1, p, inverse));
      at += packedComponent;
      storePair(at, middle(a0, a1, a2, p, inverse), middle(b0, b1, b2, p, inverse));
      at += packedComponent;
      storePair(at, montgomeryProduct(twiceA1, a2, p, inverse), montgomeryProduct(twiceB1, b2, p, inverse));
      at += packedComponent;
      storePair(at, montgomeryProduct(a2, a2, p, inverse), montgomeryProduct(b2, b2, p, inverse));
      source += 32;
      target += 32;
    }
  }
}

/** 2 * x0 * x2 + x1^2 with one reduction. */
// @ts-ignore: decorator
@inline
function middle(x0: v128, x1: v128, x2: v128, p: v128, inverse: v128): v128 {
  const twice = i32x4.add(x0, x0);
  return montgomery(
    i64x2.add(i64x2.extmul_low_i32x4_s(twice, x2), i64x2.extmul_low_i32x4_s(x1, x1)),
    i64x2.add(i64x2.extmul_high_i32x4_s(twice, x2), i64x2.extmul_high_i32x4_s(x1, x1)),
    p, inverse,
  );
}

// @ts-ignore: decorator
@inline
function storePair(target: usize, a: v128, b: v128): void {
  v128.store(target, lowPairs(a, b));
  v128.store(target, highPairs(a, b), 16);
}
