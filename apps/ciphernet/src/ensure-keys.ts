import { join } from 'node:path';
import type { Configuration } from '@ciphernet/configuration';
import { generateKeys, hasKeyFiles, writeKeyFiles } from '@ciphernet/keyring';
import { type CkksParameters, parametersDigest } from '@ciphernet/parameters';

/** The default folder of a parameter set's keys: keys of one set are of no use for another. */
export function defaultKeysFolder(configuration: Configuration, parameters: CkksParameters): string {
  return join(configuration.keysFolder, parametersDigest(parameters).slice(0, 16));
}

/** Makes keys unless they are there. @returns the folder, and whether it is new */
export async function ensureKeys(
  folder: string,
  parameters: CkksParameters,
  passphrase: string | undefined,
): Promise<{ readonly folder: string; readonly created: boolean }> {
  if (hasKeyFiles(folder)) return { folder, created: false };
  await writeKeyFiles(folder, await generateKeys(parameters), passphrase);
  return { folder, created: true };
}
