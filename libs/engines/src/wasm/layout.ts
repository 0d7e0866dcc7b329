import type { IntegerMap } from '@ciphernet/compiler';
import { UnsupportedError, elementAt } from '@ciphernet/foundation';

/** Two rows of a tile that share a 32-bit lane; the second may be missing. */
export type Pair = readonly [number, number];

/** No second row: the kernel takes zeros. */
export const NO_ROW = -1;

/** Weight pairs of one block against chosen pair rows, in the kernel's order. */
export interface LaidBlock {
  /** Pair rows of the packed tile, in reading order. */
  readonly pairRows: readonly number[];
  /** outputs × pairRows × 2, padded to a multiple of four outputs */
  readonly weights: Int16Array;
  readonly quads: number;
  /** First row of the output tile. */
  readonly firstRow: number;
  /** Outputs of the map by row of this block; the padding has none. */
  readonly outputs: readonly number[];
  /** Adds to what earlier parts of the same block left. */
  readonly add: boolean;
}

/** A linear map laid out for the kernels. */
export interface LaidMap {
  readonly blocks: readonly LaidBlock[];
  /** Rows of the output tile: the outputs, block by block, each block padded to a multiple of four. */
  readonly rows: number;
  /** Row of each output. */
  readonly rowOf: Int32Array;
}

/** Rows of each block's outputs; a block starts at a multiple of four, so that its padding overwrites no other. */
function assignRows(map: IntegerMap): { rowOf: Int32Array; rows: number; firstRows: number[] } {
  const rowOf = new Int32Array(map.outputs).fill(-1);
  const firstRows: number[] = [];
  let rows = 0;
  for (const block of map.blocks) {
    firstRows.push(rows);
    block.outputs.forEach((output, i) => (rowOf[output] = rows + i));
    rows += Math.ceil(block.outputs.length / 4) * 4;
  }
  return { rowOf, rows, firstRows };
}

/** Weights of an output on a pair row: where in the block's inputs each half is, or −1. */
type Taps = readonly (readonly [number, number])[];

/**
 * Splits a block so that no int32 sum can wrap, and lays out its weights.
 *
 * @param maxWeightSum largest Σ|w| of an output that the kernel's sums bear
 */
function layBlock(
  block: IntegerMap['blocks'][number],
  pairRows: readonly number[],
  taps: Taps,
  firstRow: number,
  maxWeightSum: number,
): LaidBlock[] {
  const outputs = block.outputs.length;
  const inputs = block.inputs.length;
  const quads = Math.ceil(outputs / 4);
  const values = block.weights;
  const weightAt = (output: number, tap: number): number => (tap < 0 ? 0 : values[output * inputs + tap]!);
  const sumAt = (output: number, a: number, b: number): number =>
    Math.abs(weightAt(output, a)) + Math.abs(weightAt(output, b));
  const parts: LaidBlock[] = [];
  const sums = new Float64Array(outputs);
  let from = 0;
  const close = (to: number): void => {
    const count = to - from;
    const weights = new Int16Array(quads * 4 * count * 2);
    for (let k = 0; k < count; k++) {
      const [a, b] = elementAt(taps, from + k);
      for (let output = 0; output < outputs; output++) {
        const at = (((output >> 2) * count + k) * 4 + (output & 3)) * 2;
        weights[at] = weightAt(output, a);
        weights[at + 1] = weightAt(output, b);
      }
    }
    parts.push({ pairRows: pairRows.slice(from, to), weights, quads, firstRow, outputs: block.outputs, add: from > 0 });
    sums.fill(0);
    from = to;
  };
  for (let k = 0; k < pairRows.length; k++) {
    const [a, b] = elementAt(taps, k);
    let isFull = false;
    for (let output = 0; output < outputs; output++) {
      const own = sumAt(output, a, b);
      if (own > maxWeightSum) {
        throw new UnsupportedError('a pair of weights is beyond the accumulator’s bound', { where: 'kernel layout' });
      }
      if (own + sums[output]! > maxWeightSum) isFull = true;
    }
    if (isFull) close(k);
    for (let output = 0; output < outputs; output++) sums[output] = sums[output]! + sumAt(output, a, b);
  }
  close(pairRows.length);
  return parts;
}

/** Lays out a map whose inputs are rows of a tile: neighbours 2k and 2k + 1 share pair row k, as a square packs them. */
export function layOnRows(map: IntegerMap, rowOfInput: Int32Array, maxWeightSum: number): LaidMap {
  const { rowOf, rows, firstRows } = assignRows(map);
  const blocks = map.blocks.flatMap((block, b) => {
    const halves = new Map<number, [number, number]>();
    block.inputs.forEach((input, tap) => {
      const row = elementAt(rowOfInput, input);
      const half = halves.get(row >> 1) ?? [-1, -1];
      half[row & 1] = tap;
      halves.set(row >> 1, half);
    });
    // A block without inputs still has its bias to write: any pair row, with zero weights.
    if (halves.size === 0) halves.set(0, [-1, -1]);
    const pairRows = [...halves.keys()].sort((x, y) => x - y);
    const taps = pairRows.map((row) => halves.get(row) ?? ([-1, -1] as const));
    return layBlock(block, pairRows, taps, elementAt(firstRows, b), maxWeightSum);
  });
  return { blocks, rows, rowOf };
}

/** Lays out the first map on freely chosen pairs of features. */
export function layOnPairs(
  map: IntegerMap,
  pairs: readonly Pair[],
  choices: readonly (readonly number[])[],
  maxWeightSum: number,
): LaidMap {
  const { rowOf, rows, firstRows } = assignRows(map);
  const blocks = map.blocks.flatMap((block, b) => {
    const tapOf = new Map(block.inputs.map((input, tap) => [input, tap]));
    const used = new Set<number>();
    // A feature may stand in several pairs: only its first one in this block carries the weight.
    const take = (feature: number): number => {
      const tap = tapOf.get(feature);
      if (tap === undefined || used.has(tap)) return -1;
      used.add(tap);
      return tap;
    };
    const pairRows = elementAt(choices, b);
    const taps = pairRows.map((row) => {
      const [a, c] = pairs[row] ?? [NO_ROW, NO_ROW];
      return [take(a), take(c)] as const;
    });
    if (used.size !== block.inputs.length) {
      throw new UnsupportedError('pair rows do not cover a block', { where: 'kernel layout' });
    }
    return layBlock(block, pairRows, taps, elementAt(firstRows, b), maxWeightSum);
  });
  return { blocks, rows, rowOf };
}
