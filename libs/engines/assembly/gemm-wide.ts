// The product of gemm.ts for a compilation of its own in which V8 merges neighbouring vectors into 256 bits (src/wasm/wide.ts): two groups
// at a time, so that a weight is loaded once for both. No static data: it shares the memory of the other kernels.
//
// Loads are what bounds the product: two a cycle, of which one group at a time takes five for four multiplications and this takes six for
// eight. Eight sums of 256 bits, two of data, a weight and a product are below the 15 registers that V8 has on x86-64; in vectors of 128 bits
// they would be twice as many, and most of them in memory.

import { BLOCK_BYTES, GROUP_SUM_BYTES, finishQuad, plusDot } from './gemm';

/** As `gemm` of gemm.ts. */
export function gemm(
  blocks: usize, blockCount: i32, packed: usize, packedStride: usize, groups: i32,
  out: usize, rowStride: usize, groupStride: usize,
  modulus: usize, withBias: i32, sums: usize,
): void {
  const blocksEnd = blocks + <usize>blockCount * BLOCK_BYTES;
  const others = sums + GROUP_SUM_BYTES;
  for (let g = 0; g < groups; g += 2) {
    // The last of an odd number of groups is multiplied twice and written once.
    const isPair = g + 1 < groups;
    const apart = isPair ? packedStride : 0;
    for (let block = blocks; block < blocksEnd; block += BLOCK_BYTES) {
      const runs = load<usize>(block);
      const runsEnd = runs + <usize>load<u32>(block, 4) * 8;
      let weights = load<usize>(block, 8);
      let bias: usize = withBias ? load<usize>(block, 16) : 0;
      let target = out + load<usize>(block, 20) * rowStride;
      const add = load<i32>(block, 24);
      for (let quad = load<i32>(block, 12); quad > 0; quad--) {
        // Low and high digits of one group, then of the other.
        let l0 = i32x4.splat(0), h0 = i32x4.splat(0), m0 = i32x4.splat(0), i0 = i32x4.splat(0);
        let l1 = i32x4.splat(0), h1 = i32x4.splat(0), m1 = i32x4.splat(0), i1 = i32x4.splat(0);
        let l2 = i32x4.splat(0), h2 = i32x4.splat(0), m2 = i32x4.splat(0), i2 = i32x4.splat(0);
        let l3 = i32x4.splat(0), h3 = i32x4.splat(0), m3 = i32x4.splat(0), i3 = i32x4.splat(0);
        for (let run = runs; run < runsEnd; run += 8) {
          let data = packed + load<usize>(run);
          let other = data + apart;
          const end = data + load<usize>(run, 4);
          // Two pair rows a turn.
          const whole = end - 32;
          while (data < whole) {
            const a0 = v128.load(data), b0 = v128.load(data, 16);
            const c0 = v128.load(other), d0 = v128.load(other, 16);
            const w0 = v128.load32_splat(weights);
            l0 = plusDot(l0, a0, w0);
            h0 = plusDot(h0, b0, w0);
            m0 = plusDot(m0, c0, w0);
            i0 = plusDot(i0, d0, w0);
            const w1 = v128.load32_splat(weights, 4);
            l1 = plusDot(l1, a0, w1);
            h1 = plusDot(h1, b0, w1);
            m1 = plusDot(m1, c0, w1);
            i1 = plusDot(i1, d0, w1);
            const w2 = v128.load32_splat(weights, 8);
            l2 = plusDot(l2, a0, w2);
            h2 = plusDot(h2, b0, w2);
            m2 = plusDot(m2, c0, w2);
            i2 = plusDot(i2, d0, w2);
            const w3 = v128.load32_splat(weights, 12);
            l3 = plusDot(l3, a0, w3);
            h3 = plusDot(h3, b0, w3);
            m3 = plusDot(m3, c0, w3);
            i3 = plusDot(i3, d0, w3);
            const a1 = v128.load(data, 32), b1 = v128.load(data, 48);
            const c1 = v128.load(other, 32), d1 = v128.load(other, 48);
            const w4 = v128.load32_splat(weights, 16);
            l0 = plusDot(l0, a1, w4);
            h0 = plusDot(h0, b1, w4);
            m0 = plusDot(m0, c1, w4);
            i0 = plusDot(i0, d1, w4);
            const w5 = v128.load32_splat(weights, 20);
            l1 = plusDot(l1, a1, w5);
            h1 = plusDot(h1, b1, w5);
            m1 = plusDot(m1, c1, w5);
            i1 = plusDot(i1, d1, w5);
            const w6 = v128.load32_splat(weights, 24);
            l2 = plusDot(l2, a1, w6);
            h2 = plusDot(h2, b1, w6);
            m2 = plusDot(m2, c1, w6);
            i2 = plusDot(i2, d1, w6);
            const w7 = v128.load32_splat(weights, 28);
            l3 = plusDot(l3, a1, w7);
            h3 = plusDot(h3, b1, w7);
            m3 = plusDot(m3, c1, w7);
            i3 = plusDot(i3, d1, w7);
            weights += 32;
            data += 64;
            other += 64;
          }
          if (data < end) {
            const a0 = v128.load(data), b0 = v128.load(data, 16);
            const c0 = v128.load(other), d0 = v128.load(other, 16);
            const w0 = v128.load32_splat(weights);
            l0 = plusDot(l0, a0, w0);
            h0 = plusDot(h0, b0, w0);
            m0 = plusDot(m0, c0, w0);
            i0 = plusDot(i0, d0, w0);
            const w1 = v128.load32_splat(weights, 4);
            l1 = plusDot(l1, a0, w1);
            h1 = plusDot(h1, b0, w1);
            m1 = plusDot(m1, c0, w1);
            i1 = plusDot(i1, d0, w1);
            const w2 = v128.load32_splat(weights, 8);
            l2 = plusDot(l2, a0, w2);
            h2 = plusDot(h2, b0, w2);
            m2 = plusDot(m2, c0, w2);
            i2 = plusDot(i2, d0, w2);
            const w3 = v128.load32_splat(weights, 12);
            l3 = plusDot(l3, a0, w3);
            h3 = plusDot(h3, b0, w3);
            m3 = plusDot(m3, c0, w3);
            i3 = plusDot(i3, d0, w3);
            weights += 16;
          }
        }
        // The upper one first: the other way round V8 stores the lower one twice.
        v128.store(sums, h0, 16);
        v128.store(sums, l0);
        v128.store(sums, h1, 48);
        v128.store(sums, l1, 32);
        v128.store(sums, h2, 80);
        v128.store(sums, l2, 64);
        v128.store(sums, h3, 112);
        v128.store(sums, l3, 96);
        v128.store(others, i0, 16);
        v128.store(others, m0);
        v128.store(others, i1, 48);
        v128.store(others, m1, 32);
        v128.store(others, i2, 80);
        v128.store(others, m2, 64);
        v128.store(others, i3, 112);
        v128.store(others, m3, 96);
        finishQuad(target, rowStride, sums, bias, modulus, add);
        if (isPair) finishQuad(target + groupStride, rowStride, others, bias, modulus, add);
        if (bias) bias += 32;
        target += 4 * rowStride;
      }
    }
    packed += 2 * packedStride;
    out += 2 * groupStride;
  }
}
