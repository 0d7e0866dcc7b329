// Residues leave the kernels here: canonical, row by row.

import { canonicalFromSigned, centredPower, montgomeryProduct } from '@ciphernet/ring/assembly/modulus';

/**
 * tile: [group][row][4 lanes] of i32, |x| <= p/2 + 2^14, times R^-power; group g at tile + g * tileGroup.
 * rows: u32 in [0, p), row r at out + r * rowStride, 4 * groups coefficients each.
 */
export function unpack(
  tile: usize,
  tileGroup: usize,
  rows: i32,
  groups: i32,
  out: usize,
  rowStride: usize,
  power: i32,
  modulus: usize,
): void {
  const p = v128.load32_splat(modulus);
  const inverse = v128.load32_splat(modulus, 4);
  const factor = i32x4.splat(centredPower(32 * (power + 1), load<u32>(modulus)));
  for (let r = 0; r < rows; r++) {
    let source = tile;
    let target = out;
    for (let g = 0; g < groups; g++) {
      v128.store(target, canonicalFromSigned(montgomeryProduct(v128.load(source), factor, p, inverse), p));
      source += tileGroup;
      target += 16;
    }
    tile += 16;
    out += rowStride;
  }
}
