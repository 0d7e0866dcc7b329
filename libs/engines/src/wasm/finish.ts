import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Batch, type BatchSource, rowOffset } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { elementAt, lastOf } from '@ciphernet/foundation';
import { type EvaluateOptions, resultHeader } from '../engine.js';
import { createKernels } from './kernels.js';
import { rescalePolynomials } from './rescale.js';
import { type Segment, firstSegment, planSegments } from './segments.js';
import { type Region, runLaterSegment } from './units.js';

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
 * What follows the first segment: its rescales, later segments, and the arrangement of the result. In a plan without rescales
 * only the last is left.
 *
 * @param region outputs of the first segment; changed in place by its rescales
 */
export async function finishEvaluation(
  compiled: CompiledCircuit,
  shard: BatchSource,
  region: Region,
  options: EvaluateOptions,
): Promise<Batch> {
  const { header } = shard;
  const [, ...later] = planSegments(compiled);
  let segment = firstSegment(compiled);
  let current = region;
  const rescale = (): void => {
    for (let r = 0; r < segment.rescales; r++) {
      const primes = header.primes.slice(0, segment.primes - r);
      rescalePolynomials(createKernels(), header, primes, current.slice(0, primes.length));
    }
  };
  rescale();
  for (const next of later) {
    options.signal?.throwIfAborted();
    await nextTurn();
    current = runLaterSegment(compiled, next, header.primes.slice(0, next.primes), header.ringDegree, current);
    segment = next;
    rescale();
  }
  options.onProgress?.(1);
  return toBatch(compiled, shard, segment, current);
}
