import type { CkksParameters } from '@ciphernet/ckks';
import { createSealContext } from '@ciphernet/seal';
import { generateInvariantKeys } from './generate-invariant.js';
import { loadOwnerSeal } from './owner-seal.js';

/** A new key pair: SEAL's, in its bytes; ours in the conjugate-invariant ring. No evaluation keys: none are ever needed. */
export async function generateKeys(
  parameters: CkksParameters,
): Promise<{ readonly parameters: CkksParameters; readonly publicKey: Uint8Array; readonly secretKey: Uint8Array }> {
  if (parameters.ring !== 'standard') return { parameters, ...generateInvariantKeys(parameters) };
  const seal = await loadOwnerSeal();
  using context = createSealContext(seal, parameters);
  using generator = new seal.KeyGenerator(context.context);
  using publicKey = generator.createPublicKey();
  using secretKey = generator.secretKey();
  return {
    parameters,
    publicKey: (publicKey.saveToArray(seal.ComprModeType.none) as Uint8Array).slice(),
    secretKey: (secretKey.saveToArray(seal.ComprModeType.none) as Uint8Array).slice(),
  };
}
