import { AUDITED_TILE } from '@ciphernet/artifacts';
import { type CkksParameters, slotsOf } from '@ciphernet/ckks';
import { MOST_PAGES, PAGE_BYTES } from '@ciphernet/ring';
import { layOutEncryption } from './encryption-memory.js';
import type { EncryptionStart } from './encryption-pool.js';

/** A shard's parts in memory, in bytes: residues, columns of tiles that digests are taken of, and features. */
export interface ShardBytes {
  readonly body: number;
  readonly columns: number;
  readonly rows: number;
}

/** @param components of a ciphertext in the body */
export function shardBytes(
  { ringDegree, primes }: CkksParameters,
  components: 1 | 2,
  { features, images, tile, threads }: { features: number; images: number; tile: number; threads: number },
): ShardBytes {
  return {
    body: 4 * primes.length * features * components * ringDegree,
    columns: 4 * components * features * tile * threads,
    rows: 4 * features * images,
  };
}

/** Components of a ciphertext in the body: one where the second comes from a seed. */
export const componentsOf = ({ mode, encryptor = 'simd' }: Pick<EncryptionStart, 'mode' | 'encryptor'>): 1 | 2 =>
  mode === 'symmetric' && encryptor === 'simd' ? 1 : 2;

/**
 * What a pool takes to encrypt rows: its own memory, and that of two shards, of which one is stored while the other is made. At
 * most what a memory can have.
 *
 * @param rows how many, and features of each
 */
export function encryptionBytes(
  start: Pick<EncryptionStart, 'parameters' | 'mode' | 'encryptor'>,
  rows: { readonly count: number; readonly width: number },
  threads: number,
): number {
  const { parameters } = start;
  const slots = slotsOf(parameters);
  const bytesFor = (images: number): number => {
    const sizes = { features: rows.width, images, tile: AUDITED_TILE, threads };
    const { body, columns, rows: values } = shardBytes(parameters, componentsOf(start), sizes);
    return images > 0 ? Math.ceil((body + columns + values) / PAGE_BYTES) * PAGE_BYTES : 0;
  };
  const first = Math.min(slots, rows.count);
  const all =
    layOutEncryption(parameters, threads).end + bytesFor(first) + bytesFor(Math.min(slots, rows.count - first));
  return Math.min(all, MOST_PAGES * PAGE_BYTES);
}
