import type { CompiledCircuit } from '@ciphernet/compiler';
import { elementAt, lastOf } from '@ciphernet/foundation';
import { inverseModulo, multiplyModulo, powerModulo, residueOf } from '@ciphernet/ring';
import { biasInteger } from '../engine.js';
import type { Kernels } from './kernels.js';
import type { Pair } from './layout.js';
import { GROUPS, LANE_BYTES, type ProgramMemory, STEP, layOutMemory } from './program-memory.js';
import type { Segment, SegmentMap } from './segments.js';

/** Runs one segment on tiles of one prime after another. */
export interface SegmentProgram {
  /** Where {@link run} expects its input: tiles of [component][row][coefficient]. */
  readonly input: number;
  /** Where it leaves its outputs: [component][row][tile], canonical residues. */
  readonly output: number;
  /** Sets modulus and biases; call before the tiles of a prime. */
  selectPrime(prime: number): void;
  /** @param positions the first so many coefficients of the tile, which is what the work goes by; all of them where nothing is given */
  run(positions?: number): void;
}

/** Powers of 2^−32 that residues carry before and behind each map: a product adds one, a square doubles and adds one. */
export function powersOf(segment: Segment): { input: number; output: number }[] {
  let power = 0;
  return segment.maps.map((_, i) => {
    if (i > 0 || segment.pairs === undefined) power = 2 * power + 1;
    const input = power;
    power += 1;
    return { input, output: power };
  });
}

/** 2^(−32·power) modulo a prime: what a map's biases are multiplied by, whose inputs carry that power. */
export function biasFactor(power: number, prime: number): number {
  return powerModulo(inverseModulo(2 ** 32 % prime, prime), power, prime);
}

/** A bias as it is added to the sums of a map, in ±p/2. @param factor of {@link biasFactor} */
export function centredBias(bias: bigint, factor: number, prime: number): number {
  const residue = multiplyModulo(residueOf(bias, prime), factor, prime);
  return residue > prime / 2 ? residue - prime : residue;
}

/** What the steps of a program work with. */
interface Machine {
  readonly kernels: Kernels;
  readonly segment: Segment;
  readonly memory: ProgramMemory;
  /** Power of 2^−32 that the segment's outputs carry. */
  readonly power: number;
}

/** Up to sixteen coefficients of a tile. */
interface Step {
  /** The first of them. */
  readonly at: number;
  /** Groups of four. */
  readonly groups: number;
}

/** Squares the tile in scratch and packs it for the next map. `components` before the square: 2 or 3. */
function squareAndPack(
  { kernels, memory }: Machine,
  { rows, components }: { readonly rows: number; readonly components: number },
  packedGroup: number,
  groups: number,
): void {
  const { scratch, packed, modulusPointer } = memory;
  const tileGroup = LANE_BYTES * rows;
  const kernel = components === 2 ? kernels.square2 : kernels.square3;
  const packedComponent = GROUPS * packedGroup;
  kernel(scratch, GROUPS * tileGroup, tileGroup, rows, groups, packed, packedComponent, packedGroup, modulusPointer);
}

/** Packs the pairs of input features. */
function packPairs(
  { kernels, segment, memory }: Machine,
  pairs: readonly Pair[],
  packedGroup: number,
  { at, groups }: Step,
): void {
  const { tile, inputTile, input, pairList, packed, modulusPointer } = memory;
  const { inputRows, inputComponents } = segment;
  // A group is next to its neighbour in a row of the tile, or the same row of the next tile.
  const [offset, groupStep] =
    inputTile === tile
      ? [at, LANE_BYTES]
      : [at * inputRows * inputComponents, LANE_BYTES * inputRows * inputComponents];
  for (let c = 0; c < inputComponents; c++) {
    const rows = input + 4 * (c * inputRows * inputTile + offset);
    const target = packed + c * GROUPS * packedGroup;
    const rowStride = 4 * inputTile;
    kernels.pack(rows, rowStride, groupStep, pairList, pairs.length, groups, target, packedGroup, modulusPointer);
  }
}

/** Squares and packs input rows that an earlier segment stored. */
function squareInputs(machine: Machine, packedGroup: number, { at, groups }: Step): void {
  const { kernels, segment, memory } = machine;
  const { tile, input, scratch, modulusPointer } = memory;
  const { inputRows, inputComponents } = segment;
  const tileGroup = LANE_BYTES * inputRows;
  for (let c = 0; c < inputComponents; c++) {
    const rows = input + 4 * (c * inputRows * tile + at);
    const target = scratch + c * GROUPS * tileGroup;
    kernels.centreRows(rows, 4 * tile, inputRows, groups, target, tileGroup, modulusPointer);
  }
  squareAndPack(machine, { rows: inputRows, components: inputComponents }, packedGroup, groups);
}

/** The matrix product of one map, from the packed tile to scratch. */
function applyLinearMap({ kernels, memory }: Machine, map: SegmentMap, index: number, groups: number): void {
  const { tables, packedGroups, packed, scratch, modulusPointer, sums } = memory;
  const { blocks, count } = elementAt(tables, index);
  const packedGroup = elementAt(packedGroups, index);
  const tileGroup = LANE_BYTES * map.laid.rows;
  for (let c = 0; c < map.components; c++) {
    const source = packed + c * GROUPS * packedGroup;
    const target = scratch + c * GROUPS * tileGroup;
    const withBias = c === 0 ? 1 : 0;
    kernels.gemm(
      blocks,
      count,
      source,
      packedGroup,
      groups,
      target,
      LANE_BYTES,
      tileGroup,
      modulusPointer,
      withBias,
      sums,
    );
  }
}

/** Writes the last map's outputs to their rows, as canonical residues. */
function unpackOutputs({ kernels, segment, memory, power }: Machine, { at, groups }: Step): void {
  const { tile, output, scratch, modulusPointer } = memory;
  const { outputRows, outputComponents } = segment;
  const tileGroup = LANE_BYTES * outputRows;
  for (let c = 0; c < outputComponents; c++) {
    const source = scratch + c * GROUPS * tileGroup;
    const rows = output + 4 * (c * outputRows * tile + at);
    kernels.unpack(source, tileGroup, outputRows, groups, rows, 4 * tile, power, modulusPointer);
  }
}

/** All maps of the segment on the coefficients of a step. */
function runStep(machine: Machine, step: Step): void {
  const { segment, memory } = machine;
  segment.maps.forEach((map, i) => {
    const packedGroup = elementAt(memory.packedGroups, i);
    if (i > 0) {
      const before = elementAt(segment.maps, i - 1);
      squareAndPack(machine, { rows: before.laid.rows, components: before.components }, packedGroup, step.groups);
    } else if (segment.pairs !== undefined) packPairs(machine, segment.pairs, packedGroup, step);
    else squareInputs(machine, packedGroup, step);
    applyLinearMap(machine, map, i, step.groups);
  });
  unpackOutputs(machine, step);
}

/** Writes the biases of one prime, with the power of 2^−32 that their map's inputs carry. */
function writeBiases(
  { kernels, segment, memory }: Machine,
  compiled: CompiledCircuit,
  powers: readonly { readonly input: number }[],
  prime: number,
): void {
  const words = kernels.i32();
  segment.maps.forEach(({ index }, i) => {
    const { bias } = elementAt(compiled.circuit.maps, index);
    const { scaleBefore } = elementAt(compiled.plan.maps, index);
    const factor = biasFactor(elementAt(powers, i).input, prime);
    for (const { at, outputs } of elementAt(memory.tables, i).biases) {
      outputs.forEach((output, k) => {
        const centred = centredBias(biasInteger(elementAt(bias, output), scaleBefore), factor, prime);
        const low = (centred << 17) >> 17;
        words.set([low, (centred - low) / 2 ** 15], at / 4 + 2 * k);
      });
    }
  });
}

/**
 * Lays a segment out in the kernels' memory.
 *
 * @param tile coefficients worked on in one call of {@link SegmentProgram.run}, a multiple of 16
 * @param inputTile coefficients of the input's tiles, as they follow each other: the same, or 4
 */
export function createProgram(
  kernels: Kernels,
  compiled: CompiledCircuit,
  segment: Segment,
  tile: number,
  inputTile = tile,
): SegmentProgram {
  const memory = layOutMemory(kernels, segment, tile, inputTile);
  const powers = powersOf(segment);
  const machine: Machine = { kernels, segment, memory, power: lastOf(powers).output };
  return {
    input: memory.input,
    output: memory.output,
    selectPrime(prime) {
      kernels.modulusInit(memory.modulusPointer, prime);
      writeBiases(machine, compiled, powers, prime);
    },
    run(positions = tile) {
      for (let at = 0; at < positions; at += STEP) {
        runStep(machine, { at, groups: Math.min(GROUPS, Math.ceil((positions - at) / 4)) });
      }
    },
  };
}
