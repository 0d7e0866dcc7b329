import { BLOCK_BYTES, type Kernels, PAIR_BYTES } from './kernels.js';
import type { LaidMap } from './layout.js';

/** A map's block table in the kernels' memory, and where its biases are to be written for each prime. */
export interface BlockTable {
  readonly blocks: number;
  readonly count: number;
  readonly biases: readonly { readonly at: number; readonly outputs: readonly number[] }[];
}

function sameWeights(a: Int16Array, b: Int16Array): boolean {
  return (
    a.length === b.length &&
    Buffer.compare(
      Buffer.from(a.buffer, a.byteOffset, a.byteLength),
      Buffer.from(b.buffer, b.byteOffset, b.byteLength),
    ) === 0
  );
}

/** Writes block records, runs and weights; equal weights (a convolution's positions) share one copy, which stays in L1. */
export function writeTable(kernels: Kernels, laid: LaidMap): BlockTable {
  const blocks = kernels.allocate(BLOCK_BYTES * laid.blocks.length);
  const shared: { weights: Int16Array; at: number }[] = [];
  const biases: { at: number; outputs: readonly number[] }[] = [];
  laid.blocks.forEach((block, index) => {
    const runs: [number, number][] = [];
    for (const row of block.pairRows) {
      const last = runs.at(-1);
      if (last !== undefined && last[0] + last[1] === row) last[1]++;
      else runs.push([row, 1]);
    }
    const runsAt = kernels.allocate(8 * runs.length);
    let weightsAt = shared.find((entry) => sameWeights(entry.weights, block.weights))?.at;
    if (weightsAt === undefined) {
      weightsAt = kernels.allocate(block.weights.byteLength);
      shared.push({ weights: block.weights, at: weightsAt });
      kernels.i16().set(block.weights, weightsAt / 2);
    }
    let biasAt = 0;
    if (!block.add) {
      biasAt = kernels.allocate(8 * 4 * block.quads);
      biases.push({ at: biasAt, outputs: block.outputs });
    }
    const words = kernels.i32();
    runs.forEach(([row, count], i) => words.set([row * PAIR_BYTES, count * PAIR_BYTES], runsAt / 4 + 2 * i));
    const record = [runsAt, runs.length, weightsAt, block.quads, biasAt, block.firstRow, block.add ? 1 : 0, 0];
    words.set(record, (blocks + index * BLOCK_BYTES) / 4);
  });
  return { blocks, count: laid.blocks.length, biases };
}
