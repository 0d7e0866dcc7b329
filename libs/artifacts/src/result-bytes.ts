import { batchToBytes } from './batch-bytes.js';
import { MIN_PACKED_BITS } from './packed-words.js';
import { pairValues } from './paired-values.js';
import type { Batch } from './residues.js';

/** A result as it travels: two logits a ciphertext, residues at their own size. Halves what the owner downloads. */
export function resultToBytes(batch: Batch): Uint8Array {
  const { header, residues } = pairValues(batch);
  const { bodyDigest: _unset, ...fields } = header;
  const wordBits = Math.max(MIN_PACKED_BITS, ...header.primes.map((prime) => Math.ceil(Math.log2(prime))));
  return batchToBytes({ ...fields, wordBits }, residues);
}
