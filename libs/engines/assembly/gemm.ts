// Integer matrix product of packed digits with int16 weight pairs, block-sparse, reduced once an output.
//
// Block record, 32 bytes, all i32:
//    0  runs: pointer to runCount times (byte offset of the first pair row in a group, bytes = 32 * pair rows)
//    4  runCount
//    8  weights: pointer to [quad][pair row][4 outputs] int16 pairs (the pair of features 2k, 2k+1 in one i32)
//   12  quads: outputs / 4 (pad with zero weights)
//   16  biases: pointer to [output][low digit, high digit] i32 of the centred bias, or 0 for none;
//      the bias carries the same power of 2^-32 as the inputs do
//   20  first output (row of the output tile)
//   24  1 to add to what the output tile holds (centred), 0 to overwrite it
//
// Bound: the int32 sums must not wrap, with room for the carry in `finish`. For each output of a block,
// (sum of |w|) * (largest |digit|) < 2^31 - 2^17. Inputs from `pack` have digits of at most 2^14 (sum of |w| <= 131,063),
// inputs from `square2` and `square3` of at most 22,530 (sum of |w| <= 95,311). The host splits a longer block into
// several and sets the add flag on all but the first.

import { centre } from '@ciphernet/ring/assembly/modulus';

export const BLOCK_BYTES: usize = 32;
/** Bytes of the sums of a quad of a group: four outputs' low and high digits, four coefficients each. */
export const GROUP_SUM_BYTES: usize = 128;
/** Of two groups: gemm-wide.ts. */
export const SUM_BYTES: usize = 2 * GROUP_SUM_BYTES;

/** Largest sum of |w| of an output whose inputs come from `pack`, and of one whose inputs come from a square: above. */
export const MAX_WEIGHT_SUM_PACKED: i32 = 131_063;
export const MAX_WEIGHT_SUM_SQUARED: i32 = 95_311;

/**
 * packed: packed tile (see pack.ts), group g at packed + g * packedStride.
 * out: i32, |r| <= p/2 + 2^14, the exact output times 2^-32 mod p; output o of group g at
 * out + o * rowStride + g * groupStride, 4 lanes.
 * withBias: 1 for component 0, 0 for the others.
 * sums: SUM_BYTES of scratch, of which this uses those of one group.
 */
export function gemm(
  blocks: usize, blockCount: i32, packed: usize, packedStride: usize, groups: i32,
  out: usize, rowStride: usize, groupStride: usize,
  modulus: usize, withBias: i32, sums: usize,
): void {
  const blocksEnd = blocks + <usize>blockCount * BLOCK_BYTES;
  for (let g = 0; g < groups; g++) {
    for (let block = blocks; block < blocksEnd; block += BLOCK_BYTES) {
      const runs = load<usize>(block);
      const runsEnd = runs + <usize>load<u32>(block, 4) * 8;
      let weights = load<usize>(block, 8);
      let bias: usize = withBias ? load<usize>(block, 16) : 0;
      let target = out + load<usize>(block, 20) * rowStride;
      const add = load<i32>(block, 24);
      for (let quad = load<i32>(block, 12); quad > 0; quad--) {
        // Four outputs x four coefficients x two digits: eight sums, two data and two scratch registers, below the
        // 15 that V8 has on x86-64.
        let l0 = i32x4.splat(0), h0 = i32x4.splat(0);
        let l1 = i32x4.splat(0), h1 = i32x4.splat(0);
        let l2 = i32x4.splat(0), h2 = i32x4.splat(0);
        let l3 = i32x4.splat(0), h3 = i32x4.splat(0);
        for (let run = runs; run < runsEnd; run += 8) {
          let data = packed + load<usize>(run);
          const end = data + load<usize>(run, 4);
          // Two pair rows a turn: of a single one's instructions nearly half would be the loop's own.
          const whole = end - 32;
          while (data < whole) {
            const low = v128.load(data), high = v128.load(data, 16);
            const w0 = v128.load32_splat(weights);
            l0 = plusDot(l0, low, w0);
            h0 = plusDot(h0, high, w0);
            const w1 = v128.load32_splat(weights, 4);
            l1 = plusDot(l1, low, w1);
            h1 = plusDot(h1, high, w1);
            const w2 = v128.load32_splat(weights, 8);
            l2 = plusDot(l2, low, w2);
            h2 = plusDot(h2, high, w2);
            const w3 = v128.load32_splat(weights, 12);
            l3 = plusDot(l3, low, w3);
            h3 = plusDot(h3, high, w3);
            const nextLow = v128.load(data, 32), nextHigh = v128.load(data, 48);
            const w4 = v128.load32_splat(weights, 16);
            l0 = plusDot(l0, nextLow, w4);
            h0 = plusDot(h0, nextHigh, w4);
            const w5 = v128.load32_splat(weights, 20);
            l1 = plusDot(l1, nextLow, w5);
            h1 = plusDot(h1, nextHigh, w5);
            const w6 = v128.load32_splat(weights, 24);
            l2 = plusDot(l2, nextLow, w6);
            h2 = plusDot(h2, nextHigh, w6);
            const w7 = v128.load32_splat(weights, 28);
            l3 = plusDot(l3, nextLow, w7);
            h3 = plusDot(h3, nextHigh, w7);
            weights += 32;
            data += 64;
          }
          if (data < end) {
            const low = v128.load(data), high = v128.load(data, 16);
            const w0 = v128.load32_splat(weights);
            l0 = plusDot(l0, low, w0);
            h0 = plusDot(h0, high, w0);
            const w1 = v128.load32_splat(weights, 4);
            l1 = plusDot(l1, low, w1);
            h1 = plusDot(h1, high, w1);
            const w2 = v128.load32_splat(weights, 8);
            l2 = plusDot(l2, low, w2);
            h2 = plusDot(h2, high, w2);
            const w3 = v128.load32_splat(weights, 12);
            l3 = plusDot(l3, low, w3);
            h3 = plusDot(h3, high, w3);
            weights += 16;
          }
        }
        v128.store(sums, h0, 16);
        v128.store(sums, l0);
        v128.store(sums, h1, 48);
        v128.store(sums, l1, 32);
        v128.store(sums, h2, 80);
        v128.store(sums, l2, 64);
        v128.store(sums, h3, 112);
        v128.store(sums, l3, 96);
        finishQuad(target, rowStride, sums, bias, modulus, add);
        if (bias) bias += 32;
        target += 4 * rowStride;
      }
    }
    packed += packedStride;
    out += groupStride;
  }
}

/** sum + the products of neighbouring digits with their weights, in pairs. */
// @ts-ignore: decorator
@inline
export function plusDot(sum: v128, digits: v128, weights: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(digits, weights));
}

/** Four outputs from their sums, each with its bias, where there is one. */
// @ts-ignore: decorator
@inline
export function finishQuad(
  target: usize, rowStride: usize, sums: usize, bias: usize, modulus: usize, add: i32,
): void {
  const p = v128.load32_splat(modulus), inverse = v128.load32_splat(modulus, 4);
  for (let at = sums; at < sums + GROUP_SUM_BYTES; at += 32) {
    let low = v128.load(at), high = v128.load(at, 16);
    if (bias) {
      low = i32x4.add(low, v128.load32_splat(bias));
      high = i32x4.add(high, v128.load32_splat(bias, 4));
      bias += 8;
    }
    finish(target, low, high, p, inverse, add);
    target += rowStride;
  }
}

/**
 * (low + high * 2^15) * 2^-32 mod p, plus what is there.
 * t = low + high * 2^15 is the exact sum of weights times residues, |t| < 2^46 + 2^31. Its words come straight from the
 * sums: low word low + (high << 15), and floor(t / 2^32) = (high + (low >> 15)) >> 17, in [-2^14, 2^14). One signed
 * Montgomery step then gives |r| <= p/2 + 2^14 without any centring. An earlier sum adds as much again, and p >= 2^20
 * keeps that within the 3p/2 that centre() takes.
 */
// @ts-ignore: decorator
@inline
function finish(target: usize, low: v128, high: v128, p: v128, inverse: v128, add: i32): void {
  const m = i32x4.mul(i32x4.add(low, i32x4.shl(high, 15)), inverse);
  const t = i32x4.shr_s(i32x4.add(high, i32x4.shr_s(low, 15)), 17);
  const u = v128.shuffle<i32>(i64x2.extmul_low_i32x4_s(m, p), i64x2.extmul_high_i32x4_s(m, p), 1, 3, 5, 7);
  let r = i32x4.sub(t, u);
  if (add) r = centre(i32x4.add(r, v128.load(target)), p);
  v128.store(target, r);
}
