import { hash } from 'node:crypto';
import { IntegrityError } from '@ciphernet/foundation';
import { type BatchHeader } from './batch-header.js';
import { storedComponents, tileWords } from './batch-layout.js';
import { SEED_BYTES } from './seeded-mask.js';

/**
 * A digest for every position of every prime, so that an auditor can take a few positions out of a shard of hundreds of
 * megabytes and know that they are the shard's: a hash tree with one wide level. The manifest names the list by its own
 * digest. Half of SHA-256 is kept: nobody but the owner, who gains nothing by it, chooses both of two columns, so what counts is a
 * second preimage, at 128 bits.
 */
const DIGEST_BYTES = 16;

/** Values of a column: every ciphertext of every component that is stored, at one position of one prime. */
export function columnWords(header: Pick<BatchHeader, 'ciphertexts' | 'components' | 'seed'>): number {
  return header.ciphertexts * storedComponents(header);
}

/** Bytes of a shard's list: the digests, and behind them the seed of the second components, where there is one. */
export function positionListBytes(
  header: { readonly primes: readonly number[]; readonly ringDegree: number },
  seed?: unknown,
): number {
  return header.primes.length * header.ringDegree * DIGEST_BYTES + (seed === undefined ? 0 : SEED_BYTES);
}

/** Puts the seed behind the digests: who holds the list by its own digest then knows all of both components. */
export function putSeed(seed: Uint8Array, list: Uint8Array): void {
  list.set(seed, list.length - SEED_BYTES);
}

/**
 * Holds the length of a list, and the seed that a shard's header gives, against each other.
 *
 * @param list of the shard, its own digest verified
 * @throws IntegrityError when it is not of this shard
 */
export function checkList(
  list: Uint8Array,
  shard: { readonly header: Pick<BatchHeader, 'primes' | 'ringDegree'>; readonly seed?: string },
): void {
  const { header, seed } = shard;
  const isWhole = list.length === positionListBytes(header, seed);
  if (isWhole && (seed === undefined || Buffer.from(list.subarray(-SEED_BYTES)).toString('hex') === seed)) return;
  throw new IntegrityError('the shard is not what its owner encrypted: its list of positions is of another', {
    where: 'list of positions',
    hint: 'the store changed the shard: delete it and encrypt the dataset again',
  });
}

/** All columns of a tile, one after another. */
function columnsOfTile(words: Uint32Array, tile: number, into: Uint32Array): void {
  const rows = words.length / tile;
  for (let row = 0, from = 0; row < rows; row++) {
    for (let x = 0, to = row; x < tile; x++, to += rows) into[to] = words[from++] ?? 0;
  }
}

/** Puts the digest of one column, as bytes, in its place of a list. @param index prime · N + position */
export function digestColumn(column: Uint8Array, list: Buffer, index: number): void {
  // Through a string: a buffer for each of tens of thousands costs as much as hashing.
  list.write(hash('sha256', column, 'binary'), index * DIGEST_BYTES, DIGEST_BYTES, 'latin1');
}

const digestOf = (column: Uint32Array): Buffer =>
  hash('sha256', new Uint8Array(column.buffer, column.byteOffset, column.byteLength), 'buffer').subarray(
    0,
    DIGEST_BYTES,
  );

/** The list of a shard, [prime][position], 16 bytes each, and its seed. @param residues the shard's body */
export function positionDigests(
  header: Pick<BatchHeader, 'primes' | 'ringDegree' | 'ciphertexts' | 'components' | 'tile' | 'seed'>,
  residues: Uint32Array,
): Uint8Array {
  const { tile } = header;
  const words = tileWords(header);
  const rows = columnWords(header);
  const columns = new Uint32Array(words);
  const list = new Uint8Array(positionListBytes(header, header.seed));
  if (header.seed !== undefined) putSeed(Buffer.from(header.seed, 'hex'), list);
  for (let from = 0, at = 0; from < residues.length; from += words) {
    columnsOfTile(residues.subarray(from, from + words), tile, columns);
    for (let x = 0; x < tile; x++, at += DIGEST_BYTES)
      list.set(digestOf(columns.subarray(x * rows, (x + 1) * rows)), at);
  }
  return list;
}

/**
 * Holds a column against the list.
 *
 * @param list of the shard, its own digest verified
 * @throws IntegrityError when the column is not the one that was encrypted
 */
export function checkColumn(
  list: Uint8Array,
  header: Pick<BatchHeader, 'ringDegree'>,
  primeIndex: number,
  position: number,
  column: Uint32Array,
): void {
  const at = (primeIndex * header.ringDegree + position) * DIGEST_BYTES;
  if (digestOf(column).equals(list.subarray(at, at + DIGEST_BYTES))) return;
  throw new IntegrityError('a position of the shard is not what its owner encrypted', {
    where: `prime ${primeIndex}, position ${position}`,
    hint: 'the store changed the shard: delete it and encrypt the dataset again',
  });
}
