import type { CompiledCircuit } from '@ciphernet/compiler';
import { elementAt, lastOf } from '@ciphernet/foundation';
import { MODULUS_BYTES, inverseModulo, multiplyModulo, powerModulo, residueOf } from '@ciphernet/ring';
import { biasInteger } from '../engine.js';
import { BLOCK_BYTES, type Kernels, PAIR_BYTES } from './kernels.js';
import type { LaidMap } from './layout.js';
import type { Segment, SegmentMap } from './segments.js';

/** Coefficients worked on at a time: one cache line of each input row. */
const STEP = 16;
const GROUPS = STEP / 4;
const LANE_BYTES = 16;

/** A map's block table in the kernels' memory, and where its biases are to be written for each prime. */
interface Table {
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
function writeTable(kernels: Kernels, laid: LaidMap): Table {
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

/** Runs one segment on tiles of one prime after another. */
export interface SegmentProgram {
  /** Where {@link run} expects its input rows, `tile` coefficients each, [component][row]. */
  readonly input: number;
  /** Where it leaves its outputs: [component][row][tile], canonical residues. */
  readonly output: number;
  /** Sets modulus and biases; call before the tiles of a prime. */
  selectPrime(prime: number): void;
  run(): void;
}

/** Powers of 2^−32 that residues carry behind each map: a product adds one, a square doubles and adds one. */
function powersOf(segment: Segment): { input: number; output: number }[] {
  let power = 0;
  return segment.maps.map((_, i) => {
    if (i > 0 || segment.pairs === undefined) power = 2 * power + 1;
    const input = power;
    power += 1;
    return { input, output: power };
  });
}

/** 2^−32 modulo a prime. */
function inverseOfWord(prime: number): number {
  return inverseModulo(2 ** 32 % prime, prime);
}

/**
 * Lays a segment out in the kernels' memory.
 *
 * @param tile coefficients of a tile, a multiple of 16
 */
export function createProgram(
  kernels: Kernels,
  compiled: CompiledCircuit,
  segment: Segment,
  tile: number,
): SegmentProgram {
  const modulusPointer = kernels.allocate(MODULUS_BYTES);
  const input = kernels.allocate(4 * segment.inputComponents * segment.inputRows * tile);
  const output = kernels.allocate(4 * segment.outputComponents * segment.outputRows * tile);
  const tables = segment.maps.map(({ laid }) => writeTable(kernels, laid));
  const { pairs } = segment;
  const pairList = kernels.allocate(8 * (pairs?.length ?? 0));
  if (pairs !== undefined) kernels.i32().set(pairs.flat(), pairList / 4);

  // Scratch: the largest packed tile and the largest output tile of any map.
  const packedGroups = segment.maps.map((_, i) =>
    i === 0 && pairs !== undefined ? PAIR_BYTES * pairs.length : LANE_BYTES * rowsBefore(segment, i),
  );
  const components = (map: SegmentMap): number => map.components;
  const packed = kernels.allocate(
    Math.max(...segment.maps.map((map, i) => components(map) * GROUPS * elementAt(packedGroups, i))),
  );
  const tileRows = Math.max(
    segment.pairs === undefined ? segment.inputRows : 0,
    ...segment.maps.map(({ laid }) => laid.rows),
  );
  const scratch = kernels.allocate(
    Math.max(segment.inputComponents, ...segment.maps.map(components)) * GROUPS * LANE_BYTES * tileRows,
  );
  const powers = powersOf(segment);

  const square = (rows: number, from: number, packedGroup: number): void => {
    const tileGroup = LANE_BYTES * rows;
    const kernel = from === 2 ? kernels.square2 : kernels.square3;
    kernel(
      scratch,
      GROUPS * tileGroup,
      tileGroup,
      rows,
      GROUPS,
      packed,
      GROUPS * packedGroup,
      packedGroup,
      modulusPointer,
    );
  };

  const step = (at: number): void => {
    segment.maps.forEach((map, i) => {
      const packedGroup = elementAt(packedGroups, i);
      if (i > 0) {
        const before = elementAt(segment.maps, i - 1);
        square(before.laid.rows, before.components, packedGroup);
      } else if (pairs !== undefined) {
        for (let c = 0; c < segment.inputComponents; c++) {
          const rows = input + 4 * (c * segment.inputRows * tile + at);
          kernels.pack(
            rows,
            4 * tile,
            pairList,
            pairs.length,
            GROUPS,
            packed + c * GROUPS * packedGroup,
            packedGroup,
            modulusPointer,
          );
        }
      } else {
        const tileGroup = LANE_BYTES * segment.inputRows;
        for (let c = 0; c < segment.inputComponents; c++) {
          const rows = input + 4 * (c * segment.inputRows * tile + at);
          kernels.centreRows(
            rows,
            4 * tile,
            segment.inputRows,
            GROUPS,
            scratch + c * GROUPS * tileGroup,
            tileGroup,
            modulusPointer,
          );
        }
        square(segment.inputRows, segment.inputComponents, packedGroup);
      }
      const table = elementAt(tables, i);
      const tileGroup = LANE_BYTES * map.laid.rows;
      for (let c = 0; c < map.components; c++) {
        kernels.gemm(
          table.blocks,
          table.count,
          packed + c * GROUPS * packedGroup,
          packedGroup,
          GROUPS,
          scratch + c * GROUPS * tileGroup,
          LANE_BYTES,
          tileGroup,
          modulusPointer,
          c === 0 ? 1 : 0,
        );
      }
    });
    const tileGroup = LANE_BYTES * segment.outputRows;
    for (let c = 0; c < segment.outputComponents; c++) {
      kernels.unpack(
        scratch + c * GROUPS * tileGroup,
        tileGroup,
        segment.outputRows,
        GROUPS,
        output + 4 * (c * segment.outputRows * tile + at),
        4 * tile,
        lastOf(powers).output,
        modulusPointer,
      );
    }
  };

  return {
    input,
    output,
    selectPrime(prime) {
      kernels.modulusInit(modulusPointer, prime);
      const words = kernels.i32();
      const inverse = inverseOfWord(prime);
      segment.maps.forEach(({ index }, i) => {
        const { bias } = elementAt(compiled.circuit.maps, index);
        const { scaleBefore } = elementAt(compiled.plan.maps, index);
        const factor = powerModulo(inverse, elementAt(powers, i).input, prime);
        for (const { at, outputs } of elementAt(tables, i).biases) {
          outputs.forEach((output, k) => {
            const exact = residueOf(biasInteger(elementAt(bias, output), scaleBefore), prime);
            const residue = multiplyModulo(exact, factor, prime);
            const centred = residue > prime / 2 ? residue - prime : residue;
            const low = (centred << 17) >> 17;
            words.set([low, (centred - low) / 2 ** 15], at / 4 + 2 * k);
          });
        }
      });
    },
    run() {
      for (let at = 0; at < tile; at += STEP) step(at);
    },
  };
}

/** Rows that the square before map `i` packs. */
function rowsBefore(segment: Segment, i: number): number {
  return i === 0 ? segment.inputRows : elementAt(segment.maps, i - 1).laid.rows;
}
