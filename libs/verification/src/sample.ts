import {
  type BatchFile,
  type ResultSample,
  checkColumn,
  checkList,
  digestOfSample,
  imaginaryUnit,
} from '@ciphernet/artifacts';
import { type RingName, componentsAfter } from '@ciphernet/ckks';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { type PositionEvaluator, type PositionRoom, createPositionEvaluator } from '@ciphernet/engines';
import { elementAt, lastOf } from '@ciphernet/foundation';
import { type Draw, drawPositions } from './draw.js';
import { pairColumn } from './paired-position.js';

/** What positions are recomputed of; all of it verified by digest, or position by position. */
export interface Sampling {
  /** Compiled by the auditor from the model: never what a worker says it evaluated. */
  readonly compiled: CompiledCircuit;
  readonly shard: BatchFile;
  /** Digests of the shard's positions. */
  readonly positionList: Uint8Array;
  /** Of each prime. */
  readonly positions: number;
  readonly draw?: Draw;
}

/** What positions are evaluated with: as long as the circuit lives, since an evaluation's shards are checked one after another. */
const evaluators = new WeakMap<CompiledCircuit, PositionEvaluator>();

function evaluatorOf({ compiled, positions, shard }: Sampling): PositionEvaluator {
  const known = evaluators.get(compiled);
  const { tile } = shard.header;
  if (known !== undefined && known.most >= positions && known.tile === tile) return known;
  const evaluator = createPositionEvaluator(compiled, positions, tile);
  evaluators.set(compiled, evaluator);
  return evaluator;
}

/** The outputs at ascending positions of one prime, whose columns of the shard are each held against the list. */
function outputsAt(
  { shard, positionList }: Sampling,
  room: PositionRoom,
  primeIndex: number,
  positions: readonly number[],
): Uint32Array {
  const { header } = shard;
  let loaded = -1;
  positions.forEach((position, i) => {
    const index = Math.floor(position / header.tile);
    if (index !== loaded) {
      shard.readTiles(primeIndex, index, room.tile);
      loaded = index;
    }
    const column = room.take(position - index * header.tile, i);
    const stored = shard.seed === undefined ? column : column.subarray(0, header.ciphertexts);
    checkColumn(positionList, header, primeIndex, position, stored);
  });
  return room.evaluate(positions.length);
}

/** How one position of a result travels: paired in the standard ring, as it is in the conjugate-invariant one. */
function travelsAs(
  ring: RingName,
  ringDegree: number,
  modulus: number,
  shape: { readonly components: number; readonly outputs: number },
): ((column: Uint32Array, position: number) => Uint32Array) | undefined {
  if (ring !== 'standard') return undefined;
  const imaginary = imaginaryUnit(modulus, ringDegree);
  return (column, position) =>
    pairColumn(column, shape, { modulus, unit: position < ringDegree / 2 ? imaginary : modulus - imaginary });
}

/** What the model gives at the positions of one prime, [position][component][ciphertext] as a result travels. */
function samplePrime(
  sampling: Sampling,
  room: PositionRoom,
  primeIndex: number,
  positions: readonly number[],
): Uint32Array {
  const { circuit, plan } = sampling.compiled;
  const { ring, ringDegree, primes } = plan.parameters;
  const outputs = lastOf(circuit.maps).outputs;
  const components = componentsAfter(circuit.maps.length - 1);
  const values = outputsAt(sampling, room, primeIndex, positions);
  const travelling = travelsAs(ring, ringDegree, elementAt(primes, primeIndex), { components, outputs });
  if (travelling === undefined) return values;
  const size = components * outputs;
  const columns = positions.map((position, i) => travelling(values.subarray(i * size, (i + 1) * size), position));
  return Uint32Array.from(columns.flatMap((column) => [...column]));
}

/**
 * Recomputes a few positions of a shard's result, drawn now. Call it only when the result's digest is fixed: positions that a worker
 * knows beforehand check nothing. The result itself is not looked at: whoever holds it compares.
 *
 * @throws IntegrityError when the shard or its list is not what its owner encrypted
 * @throws UnsupportedError for a plan with rescales
 */
export function samplePositions(sampling: Sampling): ResultSample {
  const { shard, positionList, compiled, draw, positions: count } = sampling;
  checkList(positionList, shard);
  const { primes, ringDegree } = compiled.plan.parameters;
  const evaluator = evaluatorOf(sampling);
  const positions = primes.map(() => drawPositions(count, ringDegree, draw));
  const sampled = positions.map((of, primeIndex) =>
    samplePrime(sampling, evaluator.roomOf(primeIndex), primeIndex, of),
  );
  const residues = new Uint32Array(sampled.reduce((sum, { length }) => sum + length, 0));
  sampled.reduce((at, of) => {
    residues.set(of, at);
    return at + of.length;
  }, 0);
  return { positions, values: digestOfSample(residues) };
}
