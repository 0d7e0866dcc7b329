// Residues to packed digits.
//
// A *packed tile* is [group][pair row][low, high][4 lanes] of int16 pairs: a group is four neighbouring
// coefficients, a pair row takes 32 bytes, and all pair rows of a group lie in sequence, so that the inner loop
// of a product over a run of pair rows reads memory front to back.

import { highPairs, lowPairs } from './digits';

export const PAIR_BYTES: usize = 32;
const NO_ROW: i32 = -1;

/**
 * rows: u32 residues in [0, p), group g of row r at rows + r * rowStride + g * groupStep.
 * pairs: pairCount times (row a, row b) as i32; b = -1 stands for a row of zeros. A row may appear in several pairs.
 * packed: group g at packed + g * groupStride; groupStride >= 32 * pairCount.
 * Out: |low| <= 2^14, |high| <= 2^14 (residues are centred in [-p/2, p/2] first, |x| <= 2^29).
 */
export function pack(
  rows: usize, rowStride: usize, groupStep: usize, pairs: usize, pairCount: i32, groups: i32,
  packed: usize, groupStride: usize, modulus: usize,
): void {
  const p = v128.load32_splat(modulus);
  const half = i32x4.shr_u(p, 1);
  for (let k = 0; k < pairCount; k++) {
    let a = rows + load<usize>(pairs) * rowStride;
    const rowB = load<i32>(pairs, 4);
    let target = packed;
    if (rowB != NO_ROW) {
      let b = rows + <usize>rowB * rowStride;
      for (let g = 0; g < groups; g++) {
        storeGroup(target, v128.load(a), v128.load(b), p, half);
        a += groupStep;
        b += groupStep;
        target += groupStride;
      }
    } else {
      for (let g = 0; g < groups; g++) {
        storeGroup(target, v128.load(a), i32x4.splat(0), p, half);
        a += groupStep;
        target += groupStride;
      }
    }
    pairs += 8;
    packed += PAIR_BYTES;
  }
}

// @ts-ignore: decorator
@inline
function storeGroup(target: usize, a: v128, b: v128, p: v128, half: v128): void {
  const x = i32x4.sub(a, v128.and(i32x4.gt_s(a, half), p));
  const y = i32x4.sub(b, v128.and(i32x4.gt_s(b, half), p));
  v128.store(target, lowPairs(x, y));
  v128.store(target, highPairs(x, y), 16);
}

/**
 * Residues as `gemm` would leave them: the way into a square for what was stored between two passes.
 * rows: u32 in [0, p), row r at rows + r * rowStride, 4 * groups coefficients each.
 * tile: [group][row][4 lanes] i32, centred in [-p/2, p/2]; group g at tile + g * tileGroup.
 */
export function centreRows(
  rows: usize, rowStride: usize, count: i32, groups: i32, tile: usize, tileGroup: usize, modulus: usize,
): void {
  const p = v128.load32_splat(modulus);
  const half = i32x4.shr_u(p, 1);
  for (let r = 0; r < count; r++) {
    let target = tile + <usize>r * 16;
    for (let g = 0; g < groups; g++) {
      const x = v128.load(rows + <usize>g * 16);
      v128.store(target, i32x4.sub(x, v128.and(i32x4.gt_s(x, half), p)));
      target += tileGroup;
    }
    rows += rowStride;
  }
}

/** The largest of `words` u32 values; words is a multiple of 4. What a residue's range is checked with. */
export function largest(values: usize, words: i32): u32 {
  let most = i32x4.splat(0);
  const end = values + (<usize>words << 2);
  for (let at = values; at < end; at += 16) most = i32x4.max_u(most, v128.load(at));
  const two = i32x4.max_u(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  const one = i32x4.max_u(two, v128.shuffle<i32>(two, two, 1, 0, 3, 2));
  return <u32>i32x4.extract_lane(one, 0);
}
