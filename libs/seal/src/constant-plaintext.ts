import { IntegrityError, elementAt } from '@ciphernet/foundation';
import type { Plaintext } from 'node-seal';
import { plaintextBytes } from './plaintext-bytes.js';
import type { SealContext } from './seal-context.js';

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
  const residues = new Uint32Array(shape.limbs * N);
  for (let limb = 0; limb < shape.limbs; limb++) {
    residues.fill(residue(elementAt(parameters.primes, limb)), limb * N, (limb + 1) * N);
  }
  const bytes = plaintextBytes(elementAt(parmsIds, shape.limbs - 1), residues, parameters, shape.scale);
  const plaintext = new seal.Plaintext();
  try {
    plaintext.loadFromArray(context.context, bytes);
  } catch (cause) {
    plaintext.delete();
    throw new IntegrityError('SEAL refuses a constant plaintext', { where: `${shape.limbs} limbs`, cause });
  }
  return plaintext;
}
