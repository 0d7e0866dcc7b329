import type { CkksParameters } from '@ciphernet/ckks';
import { generateKeys, readPublicKey, writeKeyFiles } from '@ciphernet/keyring';

/** Keys that were made. */
export interface MadeKeys {
  readonly folder: string;
  readonly parameters: CkksParameters;
  readonly fingerprint: string;
}

/** What protects keys. */
export interface KeyProtection {
  readonly passphrase: string | undefined;
  /** Nothing is encrypted with them after that. */
  readonly expires: Date;
}

/** Makes a key pair in a folder. @throws InputError when there are key files already */
export async function makeKeys(
  folder: string,
  parameters: CkksParameters,
  protection: KeyProtection,
): Promise<MadeKeys> {
  await writeKeyFiles(folder, await generateKeys(parameters), protection.passphrase, protection.expires);
  const { fingerprint } = await readPublicKey(folder);
  return { folder, parameters, fingerprint };
}
