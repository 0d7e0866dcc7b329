import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Batch, type BatchSource, rowOffset } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { UnsupportedError, elementAt, lastOf } from '@ciphernet/foundation';
import { MIN_PRIME } from '@ciphernet/ring';
import { type Engine, type EvaluateOptions, assertEvaluable, resultHeader } from '../engine.js';
import { codeVersion } from '../result-code.js';
import { coreCounter } from './cores.js';
import { type Crew, createCrew } from './helpers.js';
import { createKernels } from './kernels.js';
import { STEP } from './program-memory.js';
import { rescalePolynomials } from './rescale.js';
import { type Segment, planSegments } from './segments.js';
import { type Region, createRegion, createShardRunner, runLaterSegment, unitAt, unitsOf } from './units.js';
import { type Work, createWork, finishUnit, fractionDone, frontOf, stopWork } from './work.js';

/** The event loop gets a turn this often, for cancellation, lock renewal and progress. */
const TURN_MS = 50;

/** More threads than this do not help one shard: reading it and the rescale remain. */
const MAX_THREADS = 16;

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
  const helpers = Math.min(options.threads ?? 1, MAX_THREADS) - 1;
  const cores = coreCounter();
  const isShared = shard.kind === 'file' && helpers > 0;
  const region = createRegion(segment, header.ringDegree, isShared);
  const crew = isShared ? createCrew(compiled, helpers, cores, { path: shard.path, work, region }) : undefined;
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

/** Arranges the last segment's outputs as a result: only the primes that decryption needs, outputs in their order. */
function toBatch(compiled: CompiledCircuit, shard: BatchSource, segment: Segment, region: Region): Batch {
  const header = resultHeader(compiled, shard.header);
  const N = header.ringDegree;
  const residues = new Uint32Array(header.primes.length * header.ciphertexts * header.components * N);
  const { rowOf } = lastOf(segment.maps).laid;
  for (let primeIndex = 0; primeIndex < header.primes.length; primeIndex++) {
    for (let output = 0; output < header.ciphertexts; output++) {
      for (let component = 0; component < header.components; component++) {
        const from = (component * segment.outputRows + elementAt(rowOf, output)) * N;
        const polynomial = elementAt(region, primeIndex).subarray(from, from + N);
        residues.set(polynomial, rowOffset(header, primeIndex, 0, output, component));
      }
    }
  }
  return { header, residues };
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
  capabilities: { maxThreads: MAX_THREADS, sharedSources: ['file'] },
  async evaluate(compiled, shard, options = {}) {
    const { header } = shard;
    assertEvaluable(compiled, header);
    if (header.primes.some((prime) => prime < MIN_PRIME) || (header.tile !== 4 && header.tile % STEP !== 0)) {
      throw new UnsupportedError('primes below 2^20, or tiles of neither 4 nor a multiple of 16', {
        where: 'engine simd',
        hint: 'use the engine seal',
      });
    }
    const [first, ...later] = planSegments(compiled);
    if (first === undefined) throw new UnsupportedError('the circuit is empty', { where: compiled.circuit.name });
    let segment = first;
    let region = await runFirstSegment(compiled, first, shard, options);
    const rescale = (): void => {
      for (let r = 0; r < segment.rescales; r++) {
        const primes = header.primes.slice(0, segment.primes - r);
        rescalePolynomials(createKernels(), header, primes, region.slice(0, primes.length));
      }
    };
    rescale();
    for (const next of later) {
      options.signal?.throwIfAborted();
      await nextTurn();
      region = runLaterSegment(compiled, next, header.primes.slice(0, next.primes), header.ringDegree, region);
      segment = next;
      rescale();
    }
    options.onProgress?.(1);
    return toBatch(compiled, shard, segment, region);
  },
};
