import { type Ring, embeddingDegree } from '@ciphernet/ckks';
import { putRow } from './seal-bytes.js';
import { PARMS_ID, SEAL_HEADER, SEAL_HEADER_BYTES } from './seal-header.js';

/** Where the words begin: header, parms_id, coefficient count, scale, header and word count of the array. */
const WORDS = 88;

/**
 * A plaintext in NTT form as SEAL saves it (native/src/seal/plaintext.cpp `save_members`): header, parms_id, coefficient count,
 * scale, then a nested array of words. A secret key is one too, at the key level.
 *
 * @param residues [limb][coefficient of N]; the conjugate-invariant ring's are mirrored into the other half of SEAL's
 */
export function plaintextBytes(parmsId: BigUint64Array, residues: Uint32Array, ring: Ring, scale = 1): Uint8Array {
  const N = ring.ringDegree;
  const degree = embeddingDegree(ring);
  const limbs = residues.length / N;
  const count = limbs * degree;
  const bytes = new Uint8Array(WORDS + 8 * count);
  const view = new DataView(bytes.buffer);
  bytes.set(SEAL_HEADER);
  view.setBigUint64(8, BigInt(bytes.length), true);
  parmsId.forEach((word, i) => view.setBigUint64(PARMS_ID + 8 * i, word, true));
  view.setBigUint64(48, BigInt(count), true);
  view.setFloat64(56, scale, true);
  bytes.set(SEAL_HEADER, 64);
  view.setBigUint64(72, BigInt(SEAL_HEADER_BYTES + 8 + 8 * count), true);
  view.setBigUint64(80, BigInt(count), true);
  const wide = new Uint32Array(bytes.buffer, WORDS);
  for (let limb = 0; limb < limbs; limb++) {
    putRow(wide, limb, residues.subarray(limb * N, (limb + 1) * N), degree);
  }
  return bytes;
}
