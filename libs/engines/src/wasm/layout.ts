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

/** A block, and where the weights of its pair rows stand in a row of its matrix. */
interface TappedBlock {
  readonly block: IntegerMap['blocks'][number];
  readonly pairRows: readonly number[];
  /** Two a pair row; beyond the matrix's columns where there is no half. */
  readonly taps: Int32Array;
  /** Its matrix with a column of zeros behind the others. */
  readonly matrix: Int16Array;
}

/** Bounds of the parts of a block in which no int32 sum can wrap: pair rows from each to the next. */
function partsOf({ block, pairRows, taps, matrix }: TappedBlock, maxWeightSum: number): number[] {
  const outputs = block.outputs.length;
  const columns = block.inputs.length + 1;
  const bounds = [0];
  const sums = new Float64Array(outputs);
  for (let k = 0; k < pairRows.length; k++) {
    const a = taps[2 * k]!;
    const b = taps[2 * k + 1]!;
    let isFull = false;
    for (let output = 0, at = 0; output < outputs; output++, at += columns) {
      const own = Math.abs(matrix[at + a]!) + Math.abs(matrix[at + b]!);
      if (own > maxWeightSum) {
        throw new UnsupportedError('a pair of weights is beyond the accumulator’s bound', { where: 'kernel layout' });
      }
      const sum = sums[output]! + own;
      if (sum > maxWeightSum) isFull = true;
      sums[output] = sum;
    }
    if (!isFull) continue;
    // The next part begins with this one.
    bounds.push(k);
    for (let output = 0, at = 0; output < outputs; output++, at += columns) {
      sums[output] = Math.abs(matrix[at + a]!) + Math.abs(matrix[at + b]!);
    }
  }
  return [...bounds, pairRows.length];
}

/** Weights of pair rows `from` to `to`: quads of outputs, in each the pair rows, of each four outputs' two halves. */
function weightsOf({ block, taps, matrix }: TappedBlock, from: number, to: number): Int16Array {
  const outputs = block.outputs.length;
  const columns = block.inputs.length + 1;
  const weights = new Int16Array(Math.ceil(outputs / 4) * 8 * (to - from));
  for (let output = 0; output < outputs; output++) {
    const row = output * columns;
    let at = (output >> 2) * 8 * (to - from) + 2 * (output & 3);
    for (let k = 2 * from; k < 2 * to; k += 2, at += 8) {
      weights[at] = matrix[row + taps[k]!]!;
      weights[at + 1] = matrix[row + taps[k + 1]!]!;
    }
  }
  return weights;
}

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
  const inputs = block.inputs.length;
  const matrix = new Int16Array(block.outputs.length * (inputs + 1));
  for (let row = 0; row < block.outputs.length; row++) {
    matrix.set(block.weights.subarray(row * inputs, (row + 1) * inputs), row * (inputs + 1));
  }
  const places = Int32Array.from(taps.flat(), (tap) => (tap < 0 ? inputs : tap));
  const tapped = { block, pairRows, taps: places, matrix };
  const bounds = partsOf(tapped, maxWeightSum);
  const quads = Math.ceil(block.outputs.length / 4);
  return bounds.slice(1).map((to, part) => {
    const from = elementAt(bounds, part);
    const weights = weightsOf(tapped, from, to);
    return { pairRows: pairRows.slice(from, to), weights, quads, firstRow, outputs: block.outputs, add: from > 0 };
  });
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
