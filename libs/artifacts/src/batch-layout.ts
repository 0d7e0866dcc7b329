import type { BatchHeader } from './batch-header.js';
import { packedBytes } from './packed-words.js';

/** Bytes of a residue in memory and in shards. */
export const WORD_BYTES = 4;

/** Version of batches that hold all their components. */
export const PLAIN_VERSION = 3;

/** Components whose residues are in the body. */
export function storedComponents(header: Pick<BatchHeader, 'components' | 'seed'>): number {
  return header.seed === undefined ? header.components : 1;
}

/** Words of one piece: the residues modulo one prime in one tile. */
export function tileWords(header: Pick<BatchHeader, 'ciphertexts' | 'components' | 'tile' | 'seed'>): number {
  return header.ciphertexts * storedComponents(header) * header.tile;
}

/** Number of residues in a batch. */
export function bodyWords(
  header: Pick<BatchHeader, 'primes' | 'ciphertexts' | 'components' | 'ringDegree' | 'seed'>,
): number {
  return header.primes.length * header.ciphertexts * storedComponents(header) * header.ringDegree;
}

/** Bytes of a batch's body. */
export function bodyBytes(header: BatchHeader): number {
  return packedBytes(bodyWords(header), header.wordBits);
}
