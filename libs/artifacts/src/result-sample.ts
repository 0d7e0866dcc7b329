import { hash } from 'node:crypto';
import { rowOffset } from './residues.js';
import type { PackedResult } from './result-bytes.js';

/** Positions of each prime, ascending; one that was drawn twice stands there twice. */
export type SampledPositions = readonly (readonly number[])[];

/** A few positions of a result, and what stands there. */
export interface ResultSample {
  readonly positions: SampledPositions;
  /** {@link digestOfSample} of the residues, [prime][position][component][ciphertext] as the result travels. */
  readonly values: string;
}

/** SHA-256 of residues as little-endian 32-bit words, 64 hex digits. */
export function digestOfSample(residues: Uint32Array): string {
  return hash('sha256', new Uint8Array(residues.buffer, residues.byteOffset, residues.byteLength), 'hex');
}

/** Whether there are positions of each prime, and all of them below the ring degree. */
export function arePositionsOf(
  { primes, ringDegree }: { readonly primes: readonly number[]; readonly ringDegree: number },
  positions: SampledPositions,
): boolean {
  return positions.length === primes.length && positions.every((of) => of.every((x) => x < ringDegree));
}

/**
 * Digest of what a result has at some positions: equal to a sample's where the result is what the sample is of.
 *
 * @returns undefined where the result does not have them
 */
export function sampleOfResult(result: PackedResult, positions: SampledPositions): string | undefined {
  const { header } = result;
  const { components, ciphertexts } = header;
  if (!arePositionsOf(header, positions)) return undefined;
  const count = positions.reduce((sum, of) => sum + of.length, 0);
  const residues = new Uint32Array(count * components * ciphertexts);
  let at = 0;
  for (const [primeIndex, of] of positions.entries()) {
    // Where each value of a column lies at position 0: the same for all of them.
    const rows = Array.from({ length: components * ciphertexts }, (_, k) =>
      rowOffset(header, primeIndex, 0, k % ciphertexts, Math.floor(k / ciphertexts)),
    );
    for (const position of of) for (const row of rows) residues[at++] = result.wordAt(row + position);
  }
  return digestOfSample(residues);
}
