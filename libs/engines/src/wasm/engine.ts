import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BatchHeader, BatchSource } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { UnsupportedError } from '@ciphernet/foundation';
import { MIN_PRIME } from '@ciphernet/ring';
import { type Engine, type EvaluateOptions, assertEvaluable } from '../engine.js';
import { codeVersion } from '../result-code.js';
import { coreCounter } from './cores.js';
import { finishEvaluation } from './finish.js';
import { MOST_THREADS } from './helper-threads.js';
import { type Crew, createCrew } from './helpers.js';
import { STEP } from './program-memory.js';
import { type Segment, firstSegment } from './segments.js';
import { type Region, createRegion, createShardRunner, unitAt, unitsOf } from './units.js';
import { type Work, createWork, finishUnit, fractionDone, frontOf, stopWork } from './work.js';

/** The event loop gets a turn this often, for cancellation, lock renewal and progress. */
const TURN_MS = 50;

/** Takes units from the front until there are none, giving the event loop its turns and helpers a chance to join. */
async function takeUnits(
  run: (unit: number) => void,
  work: Work,
  crew: Crew | undefined,
  options: EvaluateOptions,
): Promise<void> {
  const started = performance.now();
  let turned = started;
  const next = frontOf(work);
  crew?.invite(0);
  for (;;) {
    if (performance.now() - turned > TURN_MS) {
      const fraction = fractionDone(work);
      options.onProgress?.(fraction);
      await nextTurn();
      if (fraction > 0) crew?.invite(((performance.now() - started) * (1 - fraction)) / fraction);
      turned = performance.now();
    }
    options.signal?.throwIfAborted();
    const unit = next();
    if (unit === undefined) return;
    run(unit);
    finishUnit(work);
  }
}

/** The first segment, tile by tile; on several threads when the shard is a file that they can open themselves. */
async function runFirstSegment(
  compiled: CompiledCircuit,
  segment: Segment,
  shard: BatchSource,
  options: EvaluateOptions,
): Promise<Region> {
  const { header } = shard;
  const units = unitsOf(header);
  const work = createWork(header.primes.length * units);
  const helpers = Math.min(options.threads ?? 1, MOST_THREADS) - 1;
  const cores = coreCounter();
  const isShared = shard.kind === 'file' && helpers > 0;
  const region = createRegion(segment, header.ringDegree, isShared);
  const crew = isShared ? createCrew(compiled, helpers, cores, { stored: shard.stored, work, region }) : undefined;
  // This thread counts even where all cores are taken: it was given the work.
  Atomics.add(cores, 0, 1);
  try {
    const runner = createShardRunner(compiled, segment, shard);
    await takeUnits((unit) => runner.run(unitAt(unit, units), region), work, crew, options);
  } catch (error) {
    stopWork(work);
    await crew?.settled().catch(() => undefined);
    throw error;
  } finally {
    Atomics.sub(cores, 0, 1);
  }
  await crew?.settled();
  return region;
}

/** @throws UnsupportedError for primes or tiles that the kernels' bounds and layouts leave out; `engine` names who needs them */
export function assertKernelsFit({ primes, tile }: BatchHeader, engine: string): void {
  if (primes.every((prime) => prime >= MIN_PRIME) && (tile === 4 || tile % STEP === 0)) return;
  throw new UnsupportedError('primes below 2^20, or tiles of neither 4 nor a multiple of 16', {
    where: `engine ${engine}`,
    hint: 'use the engine seal',
  });
}

/**
 * The product: each linear map is an integer matrix product modulo each prime, fused from the packed features to the
 * first rescale (see docs/engine.md). Memory: one tile of the shard, the map's weights, and the outputs before a
 * rescale (25 MB for 64 outputs of 3 components at N = 8192 with four primes); never the shard.
 */
export const simdEngine: Engine = {
  name: 'simd',
  get version() {
    return `simd-1 ${codeVersion()}`;
  },
  capabilities: { maxThreads: MOST_THREADS, sharedSources: ['file'] },
  async evaluate(compiled, shard, options = {}) {
    const { header } = shard;
    assertEvaluable(compiled, header);
    assertKernelsFit(header, 'simd');
    const first = firstSegment(compiled);
    const region = await runFirstSegment(compiled, first, shard, options);
    return finishEvaluation(compiled, shard, region, options);
  },
};
