import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BatchHeader, type BatchSource, tileWords } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { DeviceError, IntegrityError, elementAt } from '@ciphernet/foundation';
import type { EvaluateOptions } from '../engine.js';
import type { Segment } from '../wasm/segments.js';
import { type Region, createRegion, tilesPerUnit } from '../wasm/units.js';
import type { Gpu } from './device.js';
import type { Fill, SegmentRunner } from './segment-runner.js';
import type { SpotCheck, SpotChecker } from './spot-check.js';

/** A circuit on the device. */
export interface LoadedCircuit {
  readonly compiled: CompiledCircuit;
  readonly segment: Segment;
  readonly runner: SegmentRunner;
  readonly checker: SpotChecker;
  /** Room for what is read at a time, whole tiles of it, which stays in a core's cache. */
  readonly chunk: Uint32Array<ArrayBuffer>;
}

/**
 * Most bytes that are read at a time. A core's second cache holds them until they are hashed, checked and copied on, so that each
 * word is fetched from memory once.
 */
const CHUNK_BYTES = 512 * 1024;

/** Words to read at a time, of shards with this layout: as many of a spot check's units as fit, in a piece of so many coefficients. */
export function chunkWords(header: BatchHeader, columns: number): number {
  const { tile } = header;
  let together = Math.min(columns, tilesPerUnit(header) * tile);
  const words = tileWords(header) / tile;
  while (2 * together <= columns && 8 * together * words <= CHUNK_BYTES) together *= 2;
  return together * words;
}

/** Reads a piece's residues in chunks. */
function filler(
  { primeIndex, at }: { readonly primeIndex: number; readonly at: number },
  { chunk }: LoadedCircuit,
  shard: BatchSource,
  check: SpotCheck,
): Fill {
  const { tile } = shard.header;
  const columns = (chunk.length / tileWords(shard.header)) * tile;
  return (target) => {
    for (let done = 0, from = at; done < target.length; done += chunk.length, from += columns) {
      shard.readTiles(primeIndex, from / tile, chunk);
      check.seen(primeIndex, from, chunk);
      target.set(chunk, done);
    }
  };
}

/** Copies a piece's polynomials, [component][row][columns], to their place in a region. */
function storePiece(rows: Uint32Array, columns: number, at: number, ringDegree: number, target: Uint32Array): void {
  for (let from = 0, to = at; from < rows.length; from += columns, to += ringDegree) {
    target.set(rows.subarray(from, from + columns), to);
  }
}

/**
 * Streams a shard through the first segment: while the device works on one piece, the next is read, hashed and copied.
 *
 * @throws IntegrityError for a residue that is not below its prime; DeviceError where the device fails or is found wrong
 */
export async function runOnDevice(
  gpu: Gpu,
  circuit: LoadedCircuit,
  shard: BatchSource,
  options: EvaluateOptions,
): Promise<Region> {
  const { ringDegree, primes } = shard.header;
  const { segment, runner, checker } = circuit;
  const { columns } = runner;
  const region = createRegion(segment, ringDegree, false);
  const check = checker.begin();
  const pieces = (primes.length * ringDegree) / columns;
  let done = 0;
  const submit = (primeIndex: number, at: number): Promise<void> =>
    runner.submit(primeIndex, filler({ primeIndex, at }, circuit, shard, check), (rows, largest) => {
      if (largest > 0) {
        throw new IntegrityError(`a residue of ${largest} is not below its prime ${elementAt(primes, primeIndex)}`, {
          where: `prime ${primeIndex}, coefficients from ${at}`,
          hint: 'encrypt again; the shard is damaged or made under other parameters',
        });
      }
      storePiece(rows, columns, at, ringDegree, elementAt(region, primeIndex));
      options.onProgress?.(++done / pieces);
    });
  try {
    for (let primeIndex = 0; primeIndex < primes.length; primeIndex++) {
      for (let at = 0; at < ringDegree; at += columns) {
        options.signal?.throwIfAborted();
        await submit(primeIndex, at);
        await nextTurn();
      }
    }
    await runner.settled();
  } catch (error) {
    await runner.settled().catch(() => undefined);
    throw error;
  }
  const failure = gpu.failure();
  if (failure !== undefined) throw new DeviceError(failure, { where: `engine webgpu on ${gpu.name}` });
  check.check(region);
  return region;
}
