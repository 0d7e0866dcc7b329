import {
  type BatchFile,
  type BatchHeader,
  type PackedResult,
  checkColumn,
  checkList,
  imaginaryUnit,
  rowOffset,
  travellingShape,
} from '@ciphernet/artifacts';
import { componentsAfter, parametersDigest } from '@ciphernet/ckks';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { type PositionEvaluator, type PositionRoom, createPositionEvaluator } from '@ciphernet/engines';
import { IntegrityError, elementAt, lastOf } from '@ciphernet/foundation';
import { type Draw, drawPositions } from './draw.js';
import { pairColumn } from './paired-position.js';

/** What a spot check is of; all of it verified by digest, or position by position. */
export interface SpotCheck {
  /** Compiled by the auditor from the model: never what a worker says it evaluated. */
  readonly compiled: CompiledCircuit;
  readonly shard: BatchFile;
  /** Digests of the shard's positions. */
  readonly positionList: Uint8Array;
  /** As it travels. */
  readonly result: PackedResult;
  /** Of each prime. */
  readonly positions: number;
  readonly draw?: Draw;
}

/** A result that is certainly not what the model gives: of who signed it, and nobody else's doing. */
export class ForgedPosition extends IntegrityError {
  /** @param found where it differs */
  constructor(readonly found: string) {
    super(`the result is not what the model gives: ${found}`, {
      where: 'audit',
      hint: 'evaluate again on other workers, and do not trust this one',
    });
  }
}

function refuse(found: string): never {
  throw new ForgedPosition(found);
}

/** Header of result, shard and plan, all of it, before any residue. */
function checkHeader({ compiled, shard, result }: SpotCheck): void {
  const { plan, circuit } = compiled;
  const { header } = result;
  const outputs = lastOf(circuit.maps).outputs;
  const shape = travellingShape(plan.parameters.ring, outputs);
  const fits =
    header.kind === 'result' &&
    header.parametersDigest === parametersDigest(plan.parameters) &&
    header.keyFingerprint === shard.header.keyFingerprint &&
    header.ringDegree === plan.parameters.ringDegree &&
    header.primes.join() === plan.parameters.primes.join() &&
    header.ring === plan.parameters.ring &&
    header.values === shape.values &&
    header.ciphertexts === shape.ciphertexts &&
    header.components === componentsAfter(circuit.maps.length - 1) &&
    header.tile === header.ringDegree &&
    header.images === shard.header.images &&
    header.scale === plan.resultScale;
  if (!fits) refuse('its header is another');
}

/** What positions are evaluated with: as long as the circuit lives, since an evaluation's shards are checked one after another. */
const evaluators = new WeakMap<CompiledCircuit, PositionEvaluator>();

function evaluatorOf({ compiled, positions, shard }: SpotCheck): PositionEvaluator {
  const known = evaluators.get(compiled);
  const { tile } = shard.header;
  if (known !== undefined && known.most >= positions && known.tile === tile) return known;
  const evaluator = createPositionEvaluator(compiled, positions, tile);
  evaluators.set(compiled, evaluator);
  return evaluator;
}

/** The outputs at ascending positions of one prime, whose columns of the shard are each held against the list. */
function outputsAt(
  { shard, positionList }: SpotCheck,
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
  ring: BatchHeader['ring'],
  ringDegree: number,
  modulus: number,
  shape: { readonly components: number; readonly outputs: number },
): (column: Uint32Array, position: number) => Uint32Array {
  if (ring !== 'standard') return (column) => column;
  const imaginary = imaginaryUnit(modulus, ringDegree);
  return (column, position) =>
    pairColumn(column, shape, { modulus, unit: position < ringDegree / 2 ? imaginary : modulus - imaginary });
}

function checkPrime(check: SpotCheck, room: PositionRoom, primeIndex: number): void {
  const { result, compiled } = check;
  const { header } = result;
  const { ring, ringDegree, components } = header;
  const outputs = lastOf(compiled.circuit.maps).outputs;
  const modulus = elementAt(header.primes, primeIndex);
  const positions = drawPositions(check.positions, ringDegree, check.draw);
  const values = outputsAt(check, room, primeIndex, positions);
  const travelling = travelsAs(ring, ringDegree, modulus, { components, outputs });
  const { ciphertexts } = header;
  // Where each value of a column lies at position 0: the same for all of them.
  const rows = Array.from({ length: components * ciphertexts }, (_, k) =>
    rowOffset(header, primeIndex, 0, k % ciphertexts, Math.floor(k / ciphertexts)),
  );
  positions.forEach((position, i) => {
    const column = travelling(values.subarray(i * components * outputs, (i + 1) * components * outputs), position);
    for (let k = 0; k < rows.length; k++) {
      if (result.wordAt(rows[k]! + position) !== column[k]) refuse(`prime ${primeIndex}, position ${position}`);
    }
  });
}

/**
 * Recomputes a few positions of a result, drawn now, and compares them bit for bit. Call it only when the result's digest is
 * fixed: positions that a worker knows beforehand check nothing.
 *
 * @throws ForgedPosition when a position differs, or the header is not the plan's
 * @throws IntegrityError when the shard or its list is not what its owner encrypted
 * @throws UnsupportedError for a plan with rescales
 */
export function spotCheck(check: SpotCheck): void {
  checkHeader(check);
  checkList(check.positionList, check.shard);
  const evaluator = evaluatorOf(check);
  check.result.header.primes.forEach((_prime, primeIndex) =>
    checkPrime(check, evaluator.roomOf(primeIndex), primeIndex),
  );
}
