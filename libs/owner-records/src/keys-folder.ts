import { join } from 'node:path';
import { type CkksParameters, parametersDigest } from '@ciphernet/ckks';
import type { OwnerConfiguration } from './owner-configuration.js';

/** The default folder of a parameter set's keys: keys of one set are of no use for another. */
export function defaultKeysFolder(configuration: OwnerConfiguration, parameters: CkksParameters): string {
  return join(configuration.keysFolder, parametersDigest(parameters).slice(0, 16));
}
