import { IntegrityError } from '@ciphernet/foundation';
import { type BatchHeader } from './batch-header.js';
import { WORD_BYTES, bodyBytes, bodyWords, tileWords } from './batch-layout.js';
import { unpackWords } from './packed-words.js';

/** A whole batch in memory: header, and the body as residues. */
export interface Batch {
  readonly header: BatchHeader;
  /** [prime][tile][component][ciphertext][coefficient of the tile] */
  readonly residues: Uint32Array;
}

/** The part of a header that says where a residue stands. */
export interface BatchLayout {
  readonly ringDegree: number;
  readonly ciphertexts: number;
  readonly components: number;
  readonly tile: number;
}

/** Position in `residues` of the first word of a tile row: the coefficients of one tile, component and ciphertext. */
export function rowOffset(
  header: BatchLayout,
  primeIndex: number,
  tile: number,
  ciphertext: number,
  component: number,
): number {
  const tiles = header.ringDegree / header.tile;
  return (
    (((primeIndex * tiles + tile) * header.components + component) * header.ciphertexts + ciphertext) * header.tile
  );
}

/** Holds the largest of residues against their prime. @throws IntegrityError unless it is below it */
export function assertBelow(prime: number, largest: number, where: string): void {
  if (largest < prime) return;
  throw new IntegrityError(`a residue of ${largest} is not below its prime ${prime}`, {
    where,
    hint: 'encrypt again; the shard is damaged or made under other parameters',
  });
}

/** Checks the range of residues of one prime. @throws IntegrityError unless every one is below it */
export function checkResidues(residues: Uint32Array, prime: number, where: string): void {
  let largest = 0;
  for (let i = 0; i < residues.length; i++) {
    const value = residues[i] ?? 0;
    if (value > largest) largest = value;
  }
  assertBelow(prime, largest, where);
}

/**
 * The batch of a parsed header: checks the range of every residue.
 *
 * @param bytes the whole batch, of the length that its header describes
 * @throws IntegrityError when a residue is not below its prime
 */
export function batchFromBytes(
  bytes: Uint8Array,
  parsed: { readonly header: BatchHeader; readonly bodyOffset: number },
  where: string,
): Batch {
  const { header, bodyOffset } = parsed;
  const body = bytes.subarray(bodyOffset, bodyOffset + bodyBytes(header));
  // Residues are read as words: copy when the bytes are not aligned for that.
  if (header.wordBits !== 32) return checkRange(header, unpackWords(body, bodyWords(header), header.wordBits), where);
  const aligned = body.byteOffset % WORD_BYTES === 0 ? body : new Uint8Array(body);
  const residues = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / WORD_BYTES);
  return checkRange(header, residues, where);
}

function checkRange(header: BatchHeader, residues: Uint32Array, where: string): Batch {
  const perPrime = (header.ringDegree / header.tile) * tileWords(header);
  header.primes.forEach((prime, primeIndex) => {
    checkResidues(residues.subarray(primeIndex * perPrime, (primeIndex + 1) * perPrime), prime, where);
  });
  return { header, residues };
}
