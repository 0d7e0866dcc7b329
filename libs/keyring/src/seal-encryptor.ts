import { rowOffset } from '@ciphernet/artifacts';
import type { CkksParameters, EncryptionMode } from '@ciphernet/ckks';
import { EvaluationError, InputError } from '@ciphernet/foundation';
import type { SharedMemory } from '@ciphernet/ring';
import { createSealContext, residuesOfCiphertext } from '@ciphernet/seal';
import type { GroupEncryptor } from './encryption-task.js';
import { type OwnerSeal, loadOwnerSeal, sealMessage } from './owner-seal.js';

/** What SEAL encrypts with. */
export interface SealParts {
  readonly memory: SharedMemory;
  /** Where `take` puts the values of the features at hand, f32, features × images: a byte offset. */
  readonly values: number;
  readonly take: GroupEncryptor['take'];
  readonly parameters: CkksParameters;
  readonly mode: EncryptionMode;
  /** SEAL's bytes of the public key, or of the secret key in symmetric mode. */
  readonly key: Uint8Array;
}

function loadEncryptor(
  seal: OwnerSeal,
  context: ReturnType<typeof createSealContext<OwnerSeal>>['context'],
  { mode, key }: SealParts,
): InstanceType<OwnerSeal['Encryptor']> {
  try {
    if (mode === 'public') {
      using publicKey = new seal.PublicKey();
      publicKey.loadFromArray(context, key);
      return new seal.Encryptor(context, publicKey);
    }
    using secretKey = new seal.SecretKey();
    secretKey.loadFromArray(context, key);
    // SEAL's constructor wants a public key too; a throw-away one keeps symmetric mode free of the owner's file.
    using generator = new seal.KeyGenerator(context);
    using unused = generator.createPublicKey();
    return new seal.Encryptor(context, unused, secretKey);
  } catch (error) {
    throw new InputError(`the key does not fit the parameters: ${sealMessage(seal, error)}`, {
      where: 'key',
      hint: 'use keys made for these parameters',
    });
  }
}

/**
 * SEAL's own encryption: what ours is compared with, and takes the place of where a scale is beyond ours.
 *
 * @throws InputError when SEAL refuses the key, and for the conjugate-invariant ring, which it does not have
 */
export async function createSealEncryptor(parts: SealParts): Promise<GroupEncryptor> {
  const { memory, parameters, mode } = parts;
  if (parameters.ring !== 'standard') {
    throw new InputError(`SEAL has no ${parameters.ring} ring to encrypt in`, {
      where: 'encryptor seal',
      hint: 'use the ring `standard`, or the encryptor `simd`',
    });
  }
  const { ringDegree } = parameters;
  const seal = await loadOwnerSeal();
  const context = createSealContext(seal, parameters);
  const encryptor = loadEncryptor(seal, context.context, parts);
  const encoder = new seal.CKKSEncoder(context.context);
  const plaintext = new seal.Plaintext();
  const ciphertext = new seal.Ciphertext();
  const slots = new Float64Array(ringDegree / 2);
  return {
    take: parts.take,
    encrypt(region, first, count) {
      const { images, features, tile } = region;
      const layout = { ringDegree, ciphertexts: features, components: 2, tile };
      const residues = new Uint32Array(memory.buffer, region.residues);
      try {
        for (let feature = first; feature < first + count; feature++) {
          slots.fill(0);
          slots.set(new Float32Array(memory.buffer, parts.values + 4 * (feature - first) * images, images));
          encoder.encode(slots, region.scale, plaintext);
          if (mode === 'public') encryptor.encrypt(plaintext, ciphertext);
          else encryptor.encryptSymmetric(plaintext, ciphertext);
          const { words, limbs } = residuesOfCiphertext(context, ciphertext);
          for (let component = 0; component < 2; component++) {
            for (let primeIndex = 0; primeIndex < limbs; primeIndex++) {
              const from = (component * limbs + primeIndex) * ringDegree;
              for (let at = 0; at < ringDegree; at++) {
                const to = rowOffset(layout, primeIndex, Math.floor(at / tile), feature, component) + (at % tile);
                residues[to] = words[from + at] ?? 0;
              }
            }
          }
        }
      } catch (error) {
        throw new EvaluationError(sealMessage(seal, error), { where: 'encryption' });
      }
    },
    finish: () => void slots.fill(0),
    [Symbol.dispose]() {
      for (const object of [ciphertext, plaintext, encoder, encryptor]) object.delete();
      context[Symbol.dispose]();
    },
  };
}
