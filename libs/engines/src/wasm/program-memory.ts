import { elementAt } from '@ciphernet/foundation';
import { MODULUS_BYTES } from '@ciphernet/ring';
import { type BlockTable, writeTable } from './block-table.js';
import { type Kernels, PAIR_BYTES, SUM_BYTES } from './kernels.js';
import type { Segment } from './segments.js';

/** Coefficients worked on at a time: one cache line of each input row. */
export const STEP = 16;
/** Groups of four coefficients in a step. */
export const GROUPS = STEP / 4;
/** Bytes of four coefficients of one row. */
export const LANE_BYTES = 16;

/** Where a segment's program keeps things in the kernels' memory: byte offsets. */
export interface ProgramMemory {
  /** Coefficients worked on together. */
  readonly tile: number;
  /** Coefficients of a tile of the input: as many, or 4, a group, and then as many tiles as there are groups. */
  readonly inputTile: number;
  readonly modulusPointer: number;
  /** Input, [tile][component][row][coefficient of the tile]. */
  readonly input: number;
  /** Output rows, [component][row][tile]. */
  readonly output: number;
  readonly tables: readonly BlockTable[];
  /** Pairs of input features, where the segment begins with a linear map. */
  readonly pairList: number;
  /** Bytes of one group of the packed tile, before each map. */
  readonly packedGroups: readonly number[];
  /** The packed tile of any map, [component][group]. */
  readonly packed: number;
  /** The output tile of any map, [component][group]. */
  readonly scratch: number;
  /** Sums of a quad of outputs: `SUM_BYTES`. */
  readonly sums: number;
}

/** Rows that the square before map `i` packs. */
function rowsBefore(segment: Segment, i: number): number {
  return i === 0 ? segment.inputRows : elementAt(segment.maps, i - 1).laid.rows;
}

/** Reserves a segment's memory and writes what is the same for every prime. @param tile a multiple of 16 */
export function layOutMemory(kernels: Kernels, segment: Segment, tile: number, inputTile: number): ProgramMemory {
  const { maps, pairs, inputRows, inputComponents, outputRows, outputComponents } = segment;
  const modulusPointer = kernels.allocate(MODULUS_BYTES);
  const input = kernels.allocate(4 * inputComponents * inputRows * tile);
  const output = kernels.allocate(4 * outputComponents * outputRows * tile);
  const tables = maps.map(({ laid }) => writeTable(kernels, laid));
  const pairList = kernels.allocate(8 * (pairs === undefined ? 0 : pairs.length));
  if (pairs !== undefined) kernels.i32().set(pairs.flat(), pairList / 4);
  const packedGroups = maps.map((_, i) =>
    i === 0 && pairs !== undefined ? PAIR_BYTES * pairs.length : LANE_BYTES * rowsBefore(segment, i),
  );
  // Shared by all maps: the largest packed tile and the largest output tile of any.
  const packed = kernels.allocate(
    Math.max(...maps.map(({ components }, i) => components * GROUPS * elementAt(packedGroups, i))),
  );
  const tileRows = Math.max(pairs === undefined ? inputRows : 0, ...maps.map(({ laid }) => laid.rows));
  const components = Math.max(inputComponents, ...maps.map((map) => map.components));
  const scratch = kernels.allocate(components * GROUPS * LANE_BYTES * tileRows);
  const sums = kernels.allocate(SUM_BYTES);
  return { tile, inputTile, modulusPointer, input, output, tables, pairList, packedGroups, packed, scratch, sums };
}
