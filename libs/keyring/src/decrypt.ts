import { type Batch, imaginaryPart, rowOffset } from '@ciphernet/artifacts';
import { type CkksParameters, parametersDigest } from '@ciphernet/ckks';
import { IntegrityError, messageOf } from '@ciphernet/foundation';
import {
  type SealContext,
  ciphertextFromResidues,
  createLevelContext,
  parmsIdOf,
  plaintextBytes,
} from '@ciphernet/seal';
import type { CKKSEncoder, Decryptor } from 'node-seal';
import { type SecretKeyFile, assertSameKey } from './key-files.js';
import { keyResidues } from './key-residues.js';
import { type OwnerSeal, loadOwnerSeal, sealMessage } from './owner-seal.js';

/** A decrypted result. */
export interface DecryptedResult {
  /** Row-major: images × ciphertexts, or images × `values` where they are paired; of the slots in use. */
  readonly values: Float64Array;
  /** Largest magnitude of any slot, unused ones and imaginary parts included; NaN where one is no number. */
  readonly largestSlot: number;
}

/** Decrypts results. Holds the secret key in SEAL's memory until it is disposed. */
export interface ResultDecryptor extends Disposable {
  /**
   * @param where names the result in errors
   * @throws IntegrityError for a result of another key or of other parameters
   */
  decrypt(batch: Batch, where: string): DecryptedResult;
  /**
   * The coefficient of X^0 of each ciphertext over the scale: the mean of the real parts of all slots, since a sum over all roots of
   * X^N + 1 is N times it. Of the standard ring only.
   *
   * @throws as `decrypt`
   */
  decryptConstants(batch: Batch, where: string): Float64Array;
}

function decryptCiphertext(
  { context, decryptor, encoder }: DecryptionLevel,
  batch: Batch,
  index: number,
): Float64Array {
  const { seal } = context;
  const { header, residues } = batch;
  const tiles = header.ringDegree / header.tile;
  using plaintext = new seal.Plaintext();
  const shape = { components: header.components, limbs: header.primes.length, scale: header.scale };
  using ciphertext = ciphertextFromResidues(context, shape, (component, primeIndex, into) => {
    for (let tile = 0; tile < tiles; tile++) {
      const at = rowOffset(header, primeIndex, tile, index, component);
      into.set(residues.subarray(at, at + header.tile), tile * header.tile);
    }
  });
  decryptor.decrypt(ciphertext, plaintext);
  return encoder.decodeFloat64(plaintext) as Float64Array;
}

/** SEAL with the secret key, at one level: over so many of the parameters' primes. */
interface DecryptionLevel extends Disposable {
  readonly context: SealContext<OwnerSeal>;
  readonly decryptor: Decryptor;
  /** Made once: it computes a root of unity for each slot. */
  readonly encoder: CKKSEncoder;
}

/** @param residues of the secret key in NTT form, of all primes and the special one */
function openLevel(seal: OwnerSeal, parameters: CkksParameters, residues: Uint32Array, limbs: number): DecryptionLevel {
  const { ringDegree, primes } = parameters;
  const context = createLevelContext(seal, parameters, limbs);
  using secretKey = new seal.SecretKey();
  const own = new Uint32Array((limbs + 1) * ringDegree);
  own.set(residues.subarray(0, limbs * ringDegree));
  own.set(residues.subarray(primes.length * ringDegree), limbs * ringDegree);
  let bytes: Uint8Array | undefined;
  let decryptor: Decryptor | undefined;
  try {
    using keys = context.context.keyContextData();
    bytes = plaintextBytes(parmsIdOf(keys), own, parameters);
    secretKey.loadFromArray(context.context, bytes);
    // Has a copy of the key.
    const opened = (decryptor = new seal.Decryptor(context.context, secretKey));
    const encoder = new seal.CKKSEncoder(context.context);
    return {
      context,
      decryptor: opened,
      encoder,
      [Symbol.dispose]() {
        encoder.delete();
        opened.delete();
        context[Symbol.dispose]();
      },
    };
  } catch (error) {
    decryptor?.delete();
    context[Symbol.dispose]();
    throw error;
  } finally {
    own.fill(0);
    bytes?.fill(0);
  }
}

/** Residues of a secret key. @throws IntegrityError for one that is damaged */
function secretResidues({ parameters, bytes }: SecretKeyFile): Uint32Array {
  try {
    return keyResidues(parameters, 'symmetric', bytes);
  } catch (cause) {
    throw refused(messageOf(cause), cause);
  }
}

function refused(why: string, cause?: unknown): IntegrityError {
  return new IntegrityError(`SEAL refuses the secret key: ${why}`, {
    where: 'secret key',
    hint: 'the key file is damaged, or of other parameters',
    cause,
  });
}

/**
 * Loads the secret key into SEAL, at the level of the first result, and of others as they come: an evaluation's results have one.
 *
 * @throws IntegrityError when the key is damaged
 */
export async function createResultDecryptor(key: SecretKeyFile): Promise<ResultDecryptor> {
  const seal = await loadOwnerSeal();
  const { parameters } = key;
  secretResidues(key).fill(0);
  const levels = new Map<number, DecryptionLevel>();
  const levelOf = ({ primes }: Batch['header']): DecryptionLevel => {
    const known = levels.get(primes.length);
    if (known !== undefined) return known;
    const residues = secretResidues(key);
    try {
      const level = openLevel(seal, parameters, residues, primes.length);
      levels.set(primes.length, level);
      return level;
    } catch (error) {
      throw refused(sealMessage(seal, error), error);
    } finally {
      residues.fill(0);
    }
  };
  const assertOfKey = ({ keyFingerprint, parametersDigest: digest }: Batch['header'], where: string): void => {
    assertSameKey(keyFingerprint, key.fingerprint, 'the result', where);
    if (digest === parametersDigest(key.parameters)) return;
    throw new IntegrityError('the result was made under other parameters than the key', { where });
  };
  return {
    decryptConstants(batch, where) {
      assertOfKey(batch.header, where);
      const level = levelOf(batch.header);
      return Float64Array.from({ length: batch.header.ciphertexts }, (_, index) => {
        const slots = decryptCiphertext(level, batch, index);
        return slots.reduce((sum, value) => sum + value, 0) / slots.length;
      });
    },
    decrypt(batch, where) {
      const { header } = batch;
      assertOfKey(header, where);
      const level = levelOf(header);
      const count = header.values ?? header.ciphertexts;
      const values = new Float64Array(header.images * count);
      // Results are one tile; a shard that is decrypted in a test is not. Real slots have no imaginary part.
      const isPaired = header.ring === 'standard' && header.tile === header.ringDegree;
      const imaginary = isPaired ? imaginaryPart(batch) : undefined;
      let largestSlot = 0;
      const note = (slots: Float64Array): void => {
        // A value that is no number is not below anything, and stays once it is there.
        for (const value of slots)
          if (!(Math.abs(value) <= largestSlot) && !Number.isNaN(largestSlot)) largestSlot = Math.abs(value);
      };
      for (let index = 0; index < count; index++) {
        const part = header.values !== undefined && index % 2 === 1 && imaginary !== undefined ? imaginary : batch;
        const ciphertext = header.values === undefined ? index : index >> 1;
        const slots = decryptCiphertext(level, part, ciphertext);
        note(slots);
        for (let image = 0; image < header.images; image++) values[image * count + index] = slots[image] ?? NaN;
      }
      // Imaginary parts in which no value travels: an honest result has none.
      for (let ciphertext = 0; ciphertext < header.ciphertexts; ciphertext++) {
        const isUsed = header.values !== undefined && 2 * ciphertext + 1 < count;
        if (!isUsed && imaginary !== undefined) note(decryptCiphertext(level, imaginary, ciphertext));
      }
      return { values, largestSlot };
    },
    [Symbol.dispose]() {
      for (const level of levels.values()) level[Symbol.dispose]();
      levels.clear();
    },
  };
}
