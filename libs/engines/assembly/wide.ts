// The product of gemm.ts again, for a compilation of its own in which V8 merges neighbouring vectors into 256 bits (src/wasm/wide.ts):
// two pair rows a turn, since half the instructions of a single one would be the loop's own. No static data: it shares the
// memory of the other kernels.

import { BLOCK_BYTES, finishQuad } from './gemm';

/** The same as `gemm` of gemm.ts, to the bit. */
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
        let l0 = i32x4.splat(0), h0 = i32x4.splat(0);
        let l1 = i32x4.splat(0), h1 = i32x4.splat(0);
        let l2 = i32x4.splat(0), h2 = i32x4.splat(0);
        let l3 = i32x4.splat(0), h3 = i32x4.splat(0);
        for (let run = runs; run < runsEnd; run += 8) {
          let data = packed + load<usize>(run);
          const end = data + load<usize>(run, 4);
          const whole = end - 32;
          while (data < whole) {
            const low = v128.load(data), high = v128.load(data, 16);
            const w0 = v128.load32_splat(weights);
            l0 = i32x4.add(l0, i32x4.dot_i16x8_s(low, w0));
            h0 = i32x4.add(h0, i32x4.dot_i16x8_s(high, w0));
            const w1 = v128.load32_splat(weights, 4);
            l1 = i32x4.add(l1, i32x4.dot_i16x8_s(low, w1));
            h1 = i32x4.add(h1, i32x4.dot_i16x8_s(high, w1));
            const w2 = v128.load32_splat(weights, 8);
            l2 = i32x4.add(l2, i32x4.dot_i16x8_s(low, w2));
            h2 = i32x4.add(h2, i32x4.dot_i16x8_s(high, w2));
            const w3 = v128.load32_splat(weights, 12);
            l3 = i32x4.add(l3, i32x4.dot_i16x8_s(low, w3));
            h3 = i32x4.add(h3, i32x4.dot_i16x8_s(high, w3));
            const nextLow = v128.load(data, 32), nextHigh = v128.load(data, 48);
            const w4 = v128.load32_splat(weights, 16);
            l0 = i32x4.add(l0, i32x4.dot_i16x8_s(nextLow, w4));
            h0 = i32x4.add(h0, i32x4.dot_i16x8_s(nextHigh, w4));
            const w5 = v128.load32_splat(weights, 20);
            l1 = i32x4.add(l1, i32x4.dot_i16x8_s(nextLow, w5));
            h1 = i32x4.add(h1, i32x4.dot_i16x8_s(nextHigh, w5));
            const w6 = v128.load32_splat(weights, 24);
            l2 = i32x4.add(l2, i32x4.dot_i16x8_s(nextLow, w6));
            h2 = i32x4.add(h2, i32x4.dot_i16x8_s(nextHigh, w6));
            const w7 = v128.load32_splat(weights, 28);
            l3 = i32x4.add(l3, i32x4.dot_i16x8_s(nextLow, w7));
            h3 = i32x4.add(h3, i32x4.dot_i16x8_s(nextHigh, w7));
            weights += 32;
            data += 64;
          }
          if (data < end) {
            const low = v128.load(data), high = v128.load(data, 16);
            const w0 = v128.load32_splat(weights);
            l0 = i32x4.add(l0, i32x4.dot_i16x8_s(low, w0));
            h0 = i32x4.add(h0, i32x4.dot_i16x8_s(high, w0));
            const w1 = v128.load32_splat(weights, 4);
            l1 = i32x4.add(l1, i32x4.dot_i16x8_s(low, w1));
            h1 = i32x4.add(h1, i32x4.dot_i16x8_s(high, w1));
            const w2 = v128.load32_splat(weights, 8);
            l2 = i32x4.add(l2, i32x4.dot_i16x8_s(low, w2));
            h2 = i32x4.add(h2, i32x4.dot_i16x8_s(high, w2));
            const w3 = v128.load32_splat(weights, 12);
            l3 = i32x4.add(l3, i32x4.dot_i16x8_s(low, w3));
            h3 = i32x4.add(h3, i32x4.dot_i16x8_s(high, w3));
            weights += 16;
          }
        }
        v128.store(sums, l0);
        v128.store(sums, h0, 16);
        v128.store(sums, l1, 32);
        v128.store(sums, h1, 48);
        v128.store(sums, l2, 64);
        v128.store(sums, h2, 80);
        v128.store(sums, l3, 96);
        v128.store(sums, h3, 112);
        finishQuad(target, rowStride, sums, bias, modulus, add);
        if (bias) bias += 32;
        target += 4 * rowStride;
      }
    }
    packed += packedStride;
    out += groupStride;
  }
}
