import { IntegrityError, elementAt } from '@ciphernet/foundation';
import type { Plaintext } from 'node-seal';
import type { SealContext } from './seal-context.js';
import { PARMS_ID, SEAL_HEADER, SEAL_HEADER_BYTES } from './seal-header.js';

/**
 * A plaintext that is the same integer in every slot: in NTT form its residue stands at every coefficient. No encoder,
 * no rounding, so SEAL's products and sums with it are exact.
 *
 * @param residue the integer modulo the prime of each limb
 */
export function constantPlaintext(
  context: SealContext,
  shape: { readonly limbs: number; readonly scale: number },
  residue: (prime: number) => number,
): Plaintext {
  const { seal, parameters, parmsIds } = context;
  const N = parameters.ringDegree;
  const count = shape.limbs * N;
  // native/src/seal/plaintext.cpp `save_members`: parms_id, coefficient count, scale, then the array as above.
  const words = 16 + 32 + 8 + 8 + 16 + 8;
  const bytes = new Uint8Array(words + 8 * count);
  const view = new DataView(bytes.buffer);
  bytes.set(SEAL_HEADER);
  view.setBigUint64(8, BigInt(bytes.length), true);
  parmsIds[shape.limbs - 1]?.forEach((word, i) => view.setBigUint64(PARMS_ID + 8 * i, word, true));
  view.setBigUint64(48, BigInt(count), true);
  view.setFloat64(56, shape.scale, true);
  bytes.set(SEAL_HEADER, 64);
  view.setBigUint64(72, BigInt(SEAL_HEADER_BYTES + 8 + 8 * count), true);
  view.setBigUint64(80, BigInt(count), true);
  const wide = new BigUint64Array(bytes.buffer, words, count);
  for (let limb = 0; limb < shape.limbs; limb++) {
    wide.fill(BigInt(residue(elementAt(parameters.primes, limb))), limb * N, (limb + 1) * N);
  }
  const plaintext = new seal.Plaintext();
  try {
    plaintext.loadFromArray(context.context, bytes);
  } catch (cause) {
    plaintext.delete();
    throw new IntegrityError('SEAL refuses a constant plaintext', { where: `${shape.limbs} limbs`, cause });
  }
  return plaintext;
}
