import { isDigest } from '@ciphernet/foundation';
import { type EncryptionMode, RING_NAMES } from '@ciphernet/ckks';
import { InvalidArgumentError, Option } from 'commander';

/** Parses a whole number in a range; commander prints the message with the option's name and exits. */
export function integerBetween(low: number, high: number): (text: string) => number {
  return (text) => {
    // An empty text would be 0.
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new InvalidArgumentError(`must be a whole number from ${low} to ${high}.`);
    }
    return value;
  };
}

/** Parses an address as commands print it. */
export function digestArgument(text: string): string {
  if (isDigest(text)) return text;
  throw new InvalidArgumentError('must be the 64 hex digits that the command which made it printed.');
}

/** Parses the id of an evaluation. */
export function evaluationArgument(text: string): string {
  if (/^[a-z][a-z0-9-]{2,63}$/.test(text)) return text;
  throw new InvalidArgumentError('must be an id like eval-3f2a91bc.');
}

/** The option that chooses a ring. @param unset what happens without it */
export function ringOption(unset: string): Option {
  return new Option('--ring <name>', `ring of the ciphertexts (${unset})`).choices([...RING_NAMES]);
}

/** The option that chooses which key data is encrypted with. @param what the key is for, as help says it */
export function modeOption(what: string, mode: EncryptionMode = 'public'): Option {
  return new Option('--mode <mode>', what).choices(['public', 'symmetric']).default(mode);
}

/** Which key a mode encrypts with, in words. */
export const keyOf = (mode: EncryptionMode): string => (mode === 'symmetric' ? 'the secret key' : 'the public key');

/** Parses the name of a benchmark suite. */
export function suiteArgument(text: string): string {
  if (/^[a-z][a-z0-9-]{2,39}$/.test(text)) return text;
  throw new InvalidArgumentError('must be a name like nightly-mnist.');
}
