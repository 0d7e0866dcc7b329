import { type BatchHeader, type TileReader, assertBelow } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { elementAt } from '@ciphernet/foundation';
import { type Kernels, createKernels } from './kernels.js';
import { STEP } from './program-memory.js';
import { type SegmentProgram, createProgram } from './program.js';
import type { Segment } from './segments.js';

/** One piece of work: neighbouring tiles of one prime, see {@link tilesPerUnit}. Units are independent of each other. */
export interface Unit {
  readonly primeIndex: number;
  /** Among the units of the prime. */
  readonly index: number;
}

/**
 * Coefficients of a unit of small tiles: reading, expanding and calls cost something each time. In units of {@link STEP} the official benchmark's
 * `mlp` and `cnn` took 3 to 5 % longer; in twice as many coefficients they took as long.
 */
const LEAST_UNIT = 2 * STEP;

/** Tiles that are read and evaluated together: the smallest are a group of coefficients, of which the kernels take several. */
export function tilesPerUnit({ tile, ringDegree }: Pick<BatchHeader, 'tile' | 'ringDegree'>): number {
  return tile < STEP ? Math.min(LEAST_UNIT, ringDegree) / tile : 1;
}

/** Units of a prime. */
export function unitsOf(header: Pick<BatchHeader, 'tile' | 'ringDegree'>): number {
  return header.ringDegree / header.tile / tilesPerUnit(header);
}

/** Outputs of a segment: one array a prime, [component][row][N]; may lie in shared memory. */
export type Region = readonly Uint32Array[];

/** Zeroed memory for a segment's outputs. @param shared lets other threads write into it */
export function createRegion(segment: Segment, ringDegree: number, shared: boolean): Region {
  const words = segment.outputComponents * segment.outputRows * ringDegree;
  return Array.from({ length: segment.primes }, () =>
    shared ? new Uint32Array(new SharedArrayBuffer(4 * words)) : new Uint32Array(words),
  );
}

/** The unit of a number: prime by prime, the order in which a shard is stored. */
export function unitAt(index: number, units: number): Unit {
  return { primeIndex: Math.floor(index / units), index: index % units };
}

/** Words up to which a loop copies faster than two views and a `set` of them, which are objects. */
const COPIED_BY_WORD = 64;

/** Copies a program's outputs, [component][row][tile], to their place in a region's polynomials. */
function storeOutputs(
  kernels: Kernels,
  program: SegmentProgram,
  segment: Segment,
  region: Uint32Array,
  tile: number,
  at: number,
  ringDegree: number,
): void {
  const words = kernels.u32();
  const polynomials = segment.outputComponents * segment.outputRows;
  for (let k = 0; k < polynomials; k++) {
    const from = program.output / 4 + k * tile;
    const to = k * ringDegree + at;
    if (tile > COPIED_BY_WORD) region.set(words.subarray(from, from + tile), to);
    else for (let i = 0; i < tile; i++) region[to + i] = words[from + i] ?? 0;
  }
}

/** Runs units of the first segment, reading tiles from a shard. Checks the range of every residue it reads. */
export function createShardRunner(
  compiled: CompiledCircuit,
  segment: Segment,
  shard: TileReader,
): { readonly run: (unit: Unit, region: Region) => void; readonly memory: () => number } {
  const { header } = shard;
  const kernels = createKernels();
  const together = tilesPerUnit(header);
  const coefficients = together * header.tile;
  const program = createProgram(kernels, compiled, segment, coefficients, header.tile);
  const words = segment.inputComponents * segment.inputRows * coefficients;
  const input = kernels.u32().subarray(program.input / 4, program.input / 4 + words);
  let selected = -1;
  return {
    memory: () => kernels.size(),
    run({ primeIndex, index }, region) {
      const prime = elementAt(header.primes, primeIndex);
      if (selected !== primeIndex) {
        program.selectPrime(prime);
        selected = primeIndex;
      }
      const from = index * coefficients;
      shard.readTiles(primeIndex, index * together, input);
      const where = `prime ${primeIndex}, coefficients from ${from}`;
      assertBelow(prime, kernels.largest(program.input, words) >>> 0, where);
      program.run();
      const target = elementAt(region, primeIndex);
      storeOutputs(kernels, program, segment, target, coefficients, from, header.ringDegree);
    },
  };
}

/** Coefficients of a tile in later segments, which read from memory: as many as keep everything in the L2 cache. */
const LATER_TILE = 64;

/** Runs a later segment on what the one before stored (after its rescale). */
export function runLaterSegment(
  compiled: CompiledCircuit,
  segment: Segment,
  primes: readonly number[],
  ringDegree: number,
  input: Region,
): Region {
  const region = createRegion(segment, ringDegree, false);
  const kernels = createKernels();
  const program = createProgram(kernels, compiled, segment, LATER_TILE);
  const polynomials = segment.inputComponents * segment.inputRows;
  const words = kernels.u32();
  region.forEach((target, primeIndex) => {
    const source = elementAt(input, primeIndex);
    program.selectPrime(elementAt(primes, primeIndex));
    for (let at = 0; at < ringDegree; at += LATER_TILE) {
      for (let k = 0; k < polynomials; k++) {
        const from = k * ringDegree + at;
        words.set(source.subarray(from, from + LATER_TILE), program.input / 4 + k * LATER_TILE);
      }
      program.run();
      storeOutputs(kernels, program, segment, target, LATER_TILE, at, ringDegree);
    }
  });
  return region;
}
