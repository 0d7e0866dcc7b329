import { batchToBytes } from './batch-bytes.js';
import { type BatchHeader, HEADER_READ_BYTES, parseHeader } from './batch-header.js';
import { bodyBytes } from './batch-layout.js';
import { MIN_PACKED_BITS, packedReader } from './packed-words.js';
import { pairValues } from './paired-values.js';
import type { Batch } from './residues.js';

/** A result as it travels: two logits a ciphertext where slots are complex, residues at their own size. */
export function resultToBytes(batch: Batch): Uint8Array {
  const { header, residues } = batch.header.ring === 'standard' ? pairValues(batch) : batch;
  const wordBits = Math.max(MIN_PACKED_BITS, ...header.primes.map((prime) => Math.ceil(Math.log2(prime))));
  return batchToBytes({ ...header, wordBits }, residues);
}

/** A result as it travels, of which single residues are looked at. */
export interface PackedResult {
  readonly header: BatchHeader;
  /** The residue at an index of {@link rowOffset}. */
  wordAt(index: number): number;
}

/**
 * Opens a result without unpacking it. Header and length are checked; residues are not held against their primes. The caller
 * has verified all of the bytes by their address.
 *
 * @throws IntegrityError for damage of any kind; `where` names the result
 */
export function openPackedResult(bytes: Uint8Array, where: string): PackedResult {
  const { header, bodyOffset } = parseHeader(bytes.subarray(0, HEADER_READ_BYTES), bytes.length, where);
  const body = bytes.subarray(bodyOffset, bodyOffset + bodyBytes(header));
  return { header, wordAt: packedReader(body, header.wordBits) };
}
