import { join } from 'node:path';
import { type CkksParameters, parametersDigest } from '@ciphernet/ckks';
import { generateKeys, hasKeyFiles, writeKeyFiles } from '@ciphernet/keyring';
import type { OwnerConfiguration } from '@ciphernet/owner-records';

/** The default folder of a parameter set's keys: keys of one set are of no use for another. */
export function defaultKeysFolder(configuration: OwnerConfiguration, parameters: CkksParameters): string {
  return join(configuration.keysFolder, parametersDigest(parameters).slice(0, 16));
}

/** Days that keys are used for, unless something else is asked for. */
export const DEFAULT_DAYS = 365;

const DAY_MS = 86_400_000;

/** The time in so many days. */
export function expiryIn(days: number, now = Date.now()): Date {
  return new Date(now + days * DAY_MS);
}

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
