import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, writeOnce } from '@ciphernet/foundation';
import { PUBLIC_KEY_FILE } from '@ciphernet/keyring';
import { readClientSide, writeClientSide } from './client-side-file.js';
import { type KeyProtection, type MadeKeys, makeKeys } from './make-keys.js';

/** How keys for a compiled model are made. */
export interface KeysForModel extends KeyProtection {
  /** Where what others need to encrypt goes as well. */
  readonly publicFolder?: string | undefined;
}

/**
 * Makes keys for a compiled model in a folder, with the model's client side beside them: all that encrypting and decrypting take.
 *
 * @param compiled what compiling made, or its client side
 * @throws InputError when there are key files already, and for a public part of keys that encrypt with the secret one
 */
export async function createKeysFor(compiled: string, folder: string, options: KeysForModel): Promise<MadeKeys> {
  const client = await readClientSide(compiled);
  const { publicFolder } = options;
  if (publicFolder !== undefined && client.mode !== 'public') {
    throw new InputError('the model was compiled for encryption with the secret key: there is no public part', {
      where: '--public',
      hint: 'leave it out, or compile with --mode public',
    });
  }
  const made = await makeKeys(folder, client.parameters, options);
  await writeClientSide(folder, client);
  if (publicFolder !== undefined) {
    await writeOnce(join(publicFolder, PUBLIC_KEY_FILE), await readFile(join(folder, PUBLIC_KEY_FILE)), {
      mode: 0o644,
    });
    await writeClientSide(publicFolder, client);
  }
  return made;
}
