import { codeVersion } from './code-version.js';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Batch, type BatchSource, rowOffset } from '@ciphernet/ciphertext';
import { IntegrityError, UnsupportedError } from '@ciphernet/errors';
import { MIN_PRIME, createKernels } from '@ciphernet/kernels';
import { type CompiledCircuit, compiledToBytes } from '@ciphernet/parameters';
import { type Engine, type EvaluateOptions, assertEvaluable, resultHeader } from './engine.js';
import { rescalePolynomials } from './simd-rescale.js';
import { type Segment, planSegments } from './simd-segments.js';
import type { SimdThreadReply, SimdThreadStart } from './simd-thread.js';
import { type Region, type Unit, createRegion, createShardRunner, runLaterSegment, unitsOf } from './simd-units.js';

/** The event loop gets a turn this often, for cancellation, lock renewal and progress. */
const TURN_MS = 50;

/** Units done, in memory that threads share. */
function createCounter(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(12));
}

/** Takes units until there are none, giving the event loop its turns. */
async function takeUnits(
  run: (unit: Unit) => void,
  units: readonly Unit[],
  counter: Int32Array,
  options: EvaluateOptions,
): Promise<void> {
  let turned = performance.now();
  for (;;) {
    if (performance.now() - turned > TURN_MS) {
      options.onProgress?.(Atomics.load(counter, 1) / units.length);
      await nextTurn();
      turned = performance.now();
    }
    options.signal?.throwIfAborted();
    const unit = units[Atomics.add(counter, 0, 1)];
    if (unit === undefined) return;
    run(unit);
    Atomics.add(counter, 1, 1);
  }
}

/** Starts helper threads on the same units; the returned function waits for them. */
function startHelpers(count: number, start: SimdThreadStart): () => Promise<void> {
  const helpers = Array.from({ length: count }, () => {
    const thread = new Worker(new URL('./simd-thread.js', import.meta.url), { workerData: start });
    return { thread, reply: once(thread, 'message') as Promise<[SimdThreadReply]> };
  });
  for (const { reply } of helpers) reply.catch(() => undefined);
  return async () => {
    for (const { thread, reply } of helpers) {
      const [answer] = await reply;
      await thread.terminate();
      if ('message' in answer) {
        throw answer.name === 'IntegrityError' ? new IntegrityError(answer.message) : new Error(answer.message);
      }
    }
  };
}

/** The first segment, tile by tile; on several threads when the shard is a file that they can open themselves. */
async function runFirstSegment(
  compiled: CompiledCircuit,
  segment: Segment,
  shard: BatchSource,
  options: EvaluateOptions,
): Promise<Region> {
  const { header, path } = shard;
  const units = unitsOf(header.primes.length, header.ringDegree / header.tile);
  const counter = createCounter();
  const helpers = path === undefined ? 0 : Math.max(0, (options.threads ?? 1) - 1);
  const region = createRegion(segment, header.ringDegree, helpers > 0);
  const wait =
    path === undefined || helpers === 0
      ? undefined
      : startHelpers(helpers, { compiled: compiledToBytes(compiled), path, units, counter, region });
  const runner = createShardRunner(compiled, segment, shard);
  try {
    await takeUnits((unit) => runner.run(unit, region), units, counter, options);
  } catch (error) {
    Atomics.store(counter, 2, 1);
    await wait?.().catch(() => undefined);
    throw error;
  }
  await wait?.();
  return region;
}

/** Arranges the last segment's outputs as a result: only the primes that decryption needs, outputs in their order. */
function toBatch(compiled: CompiledCircuit, shard: BatchSource, segment: Segment, region: Region): Batch {
  const header = resultHeader(compiled, shard.header);
  const N = header.ringDegree;
  const residues = new Uint32Array(header.primes.length * header.ciphertexts * header.components * N);
  const rowOf = segment.maps.at(-1)?.laid.rowOf ?? new Int32Array(0);
  for (let prime = 0; prime < header.primes.length; prime++) {
    for (let output = 0; output < header.ciphertexts; output++) {
      for (let component = 0; component < header.components; component++) {
        const from = (component * segment.outputRows + (rowOf[output] ?? 0)) * N;
        const polynomial = region[prime]?.subarray(from, from + N) ?? new Uint32Array(0);
        residues.set(polynomial, rowOffset(header, prime, 0, output, component));
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
  version: `simd-1 ${codeVersion()}`,
  async evaluate(compiled, shard, options = {}) {
    const { header } = shard;
    assertEvaluable(compiled, header);
    if (header.primes.some((prime) => prime < MIN_PRIME) || header.tile % 16 !== 0) {
      throw new UnsupportedError('primes below 2^20 or tiles that are no multiple of 16', {
        where: 'engine simd',
        hint: 'use --engine seal',
      });
    }
    const [first, ...later] = planSegments(compiled);
    if (first === undefined) throw new UnsupportedError('the circuit is empty', { where: compiled.circuit.name });
    let segment = first;
    let region = await runFirstSegment(compiled, first, shard, options);
    const rescale = (): void => {
      for (let r = 0; r < segment.rescales; r++) {
        const primes = header.primes.slice(0, segment.primes - r);
        rescalePolynomials(createKernels(), header.ringDegree, primes, region.slice(0, primes.length));
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
