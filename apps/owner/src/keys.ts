import type { CkksParameters } from '@ciphernet/ckks';
import { DEFAULT_DAYS, expiryIn, generateKeys, hasKeyFiles, writeKeyFiles } from '@ciphernet/keyring';
import { type OwnerConfiguration, defaultKeysFolder } from '@ciphernet/owner-records';

/** Makes keys in the default folder unless they are there. @returns the folder */
export async function ensureKeys(configuration: OwnerConfiguration, parameters: CkksParameters): Promise<string> {
  const folder = defaultKeysFolder(configuration, parameters);
  if (!hasKeyFiles(folder)) {
    await writeKeyFiles(folder, await generateKeys(parameters), configuration.passphrase, expiryIn(DEFAULT_DAYS));
    if (configuration.passphrase === undefined) {
      process.stderr.write('secret key: not under a passphrase; set CIPHERNET_PASSPHRASE before it is made for one\n');
    }
  }
  return folder;
}
