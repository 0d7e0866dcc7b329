import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BatchSource } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { DeviceError, IntegrityError, elementAt } from '@ciphernet/foundation';
import type { EvaluateOptions } from '../engine.js';
import type { Segment } from '../wasm/segments.js';
import { type Region, createRegion } from '../wasm/units.js';
import type { Gpu } from './device.js';
import type { SegmentRunner } from './segment-runner.js';
import type { SpotChecker } from './spot-check.js';

/** A circuit on the device. */
export interface LoadedCircuit {
  readonly compiled: CompiledCircuit;
  readonly segment: Segment;
  readonly runner: SegmentRunner;
  readonly checker: SpotChecker;
  /** Room for a piece's residues, which each evaluation fills anew. */
  readonly residues: Uint32Array<ArrayBuffer>;
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
  { segment, runner, checker, residues }: LoadedCircuit,
  shard: BatchSource,
  options: EvaluateOptions,
): Promise<Region> {
  const { ringDegree, tile, primes } = shard.header;
  const { columns } = runner;
  const region = createRegion(segment, ringDegree, false);
  const check = checker.begin();
  const pieces = (primes.length * ringDegree) / columns;
  let done = 0;
  const submit = (primeIndex: number, at: number): Promise<void> =>
    runner.submit(primeIndex, residues, (rows, largest) => {
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
        shard.readTiles(primeIndex, at / tile, residues);
        options.signal?.throwIfAborted();
        check.seen(primeIndex, at, residues);
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
