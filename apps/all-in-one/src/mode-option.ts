import type { EncryptionMode } from '@ciphernet/ckks';
import { Option } from '@ciphernet/command-line';

/**
 * The key that commands of one process encrypt with, which has both: by our encryptor half the upload, and with either less noise and
 * finer rounding of the weights than with the public key.
 */
export const DEFAULT_MODE: EncryptionMode = 'symmetric';

/** `--mode` of these commands. */
export function modeOption(): Option {
  return new Option('--mode <mode>', 'key to encrypt with').choices(['public', 'symmetric']).default(DEFAULT_MODE);
}
