import { type Option, modeOption } from '@ciphernet/command-line';

/**
 * `--mode` of commands of one process, which has both keys. The secret one by default: by our encryptor half the upload, and with either
 * less noise and finer rounding of the weights than with the public key.
 */
export function modeOfBothKeys(): Option {
  return modeOption('key to encrypt with', 'symmetric');
}
