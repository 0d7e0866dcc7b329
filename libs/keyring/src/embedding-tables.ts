import type { SharedMemory } from '@ciphernet/ring';
import type { EncryptionLayout } from './encryption-memory.js';

/** e^(i · angle), as the kernels multiply by it: [c, c], [−d, d]. */
function putFactor(table: Float64Array, entry: number, re: number, im: number): void {
  table.set([re, re, -im, im], 4 * entry);
}

function reverseBits(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) if (value & (1 << bit)) reversed |= 1 << (bits - 1 - bit);
  return reversed;
}

/**
 * The order in which slots enter the Fourier transform. SEAL has slot j at ζ^(3^j), ζ = e^(πi/N) (native/src/seal/ckks.cpp
 * `matrix_reps_index_map`); values at ζ^k and ζ^(2N−k) are equal. The odd k = 2t + 1 below N number the points of the cosine
 * transform; Makhoul takes the even t first, the odd ones behind them backwards; and two neighbours are one complex number,
 * in bit-reversed order.
 *
 * @param M slots: N / 2 of SEAL's ring of degree N, which for the conjugate-invariant ring is that of twice the degree
 * @returns for each of M doubles the slot whose value it is
 */
export function slotOrder(M: number): Uint16Array {
  const bits = Math.log2(M / 2);
  const order = new Uint16Array(M);
  for (let slot = 0, exponent = 1; slot < M; slot++, exponent = (3 * exponent) % (4 * M)) {
    const odd = exponent < 2 * M ? exponent : 4 * M - exponent;
    const t = (odd - 1) / 2;
    const n = t % 2 === 0 ? t / 2 : M - 1 - (t - 1) / 2;
    order[2 * reverseBits(n >> 1, bits) + (n & 1)] = slot;
  }
  return order;
}

/** Writes the tables of `embed` (assembly/embedding.ts). */
export function writeEmbeddingTables(memory: SharedMemory, layout: EncryptionLayout): void {
  const M = layout.slotCount;
  const H = M / 2;
  new Uint16Array(memory.buffer, layout.order, M).set(slotOrder(M));
  const twiddles = new Float64Array(memory.buffer, layout.twiddles, 4 * H);
  for (let half = 1; half < H; half *= 2) {
    for (let j = 0; j < half; j++) {
      const angle = (-Math.PI * j) / half;
      putFactor(twiddles, half + j, Math.cos(angle), Math.sin(angle));
    }
  }
  // With z the complex transform: V = (z_k + conj z_(H−k)) / 2 + e^(−2πik/M) (z_k − conj z_(H−k)) / 2i, times e^(−πik/2M).
  const rotations = new Float64Array(memory.buffer, layout.rotations, 8 * (H + 1));
  for (let k = 0; k <= H; k++) {
    const even = (-Math.PI * k) / (2 * M);
    const odd = even - (2 * Math.PI * k) / M - Math.PI / 2;
    putFactor(rotations, 2 * k, Math.cos(even) / 2, Math.sin(even) / 2);
    putFactor(rotations, 2 * k + 1, Math.cos(odd) / 2, Math.sin(odd) / 2);
  }
}
