import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CkksParameters, type EncryptionMode, describeParameters, parametersDigest } from '@ciphernet/ckks';
import { InputError } from '@ciphernet/foundation';
import {
  SECRET_KEY_FILE,
  assertKeyPair,
  assertNotExpired,
  assertSameKey,
  readPublicKey,
  readSecretKey,
} from './key-files.js';

/** What something is to be encrypted with. */
export interface WantedKey {
  readonly mode: EncryptionMode;
  readonly parameters: CkksParameters;
  /** Of the secret key, where it is under one; read in symmetric mode only. */
  readonly passphrase: string | undefined;
  /** True where a folder with the public key alone will do, of somebody who encrypts for the key's owner. Default false. */
  readonly mayBeOthers?: boolean;
}

/** A key that is encrypted with. */
export interface EncryptionKey {
  readonly fingerprint: string;
  /** Of the public key, or of the secret key in symmetric mode. */
  readonly bytes: Uint8Array;
  /** Bytes of the public key; 0 where it is not needed. */
  readonly publicBytes: number;
}

/**
 * Reads the key of a folder that encrypts in a mode.
 *
 * @throws InputError when it is missing, has expired, is of other parameters, or the passphrase is wrong
 * @throws IntegrityError when the folder's two keys do not belong together
 */
export async function readEncryptionKey(folder: string, wanted: WantedKey): Promise<EncryptionKey> {
  const { mode, parameters, passphrase } = wanted;
  const publicKey = await readPublicKey(folder);
  assertNotExpired(publicKey, folder);
  // The data's owner has both; the secret one decrypts what is encrypted here.
  const isOthers = wanted.mayBeOthers === true && mode === 'public' && !existsSync(join(folder, SECRET_KEY_FILE));
  if (!isOthers) await assertKeyPair(folder);
  if (parametersDigest(publicKey.parameters) !== parametersDigest(parameters)) {
    throw new InputError(
      `the keys were made for ${describeParameters(publicKey.parameters)}, the dataset needs ${describeParameters(parameters)}`,
      { where: folder, hint: 'make keys for these parameters with the command `keys create`' },
    );
  }
  const { fingerprint } = publicKey;
  if (mode === 'public') return { fingerprint, bytes: publicKey.bytes, publicBytes: publicKey.bytes.length };
  const secret = await readSecretKey(folder, passphrase);
  assertSameKey(secret.fingerprint, fingerprint, 'the secret key', folder);
  return { fingerprint, bytes: secret.bytes, publicBytes: 0 };
}
