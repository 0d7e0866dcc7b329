import { type Cipher, createCipheriv, hkdfSync } from 'node:crypto';
import { shuffle, uniformBelow } from '@ciphernet/foundation';

/** Bytes of the key of an encoding. */
export const ENCODING_KEY_BYTES = 32;

const CIPHER_KEY_BYTES = 32;
const COUNTER_BYTES = 16;
const ID_BYTES = 8;
/** Words that are drawn at once. */
const DRAWN_WORDS = 16_384;

/** What a key is used for keeps its parts apart (HKDF, RFC 5869). */
function derive(key: Uint8Array, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `ciphernet encoding ${purpose} 1`, bytes));
}

/** 16 hex digits that name a key. */
export function encodingKeyId(key: Uint8Array): string {
  return derive(key, 'id', ID_BYTES).toString('hex');
}

/** Draws from the key stream of one purpose; the same key and purpose draw the same. */
export interface KeyStream {
  /** A uniform 32-bit unsigned integer. */
  word(): number;
  /** Uniform in [−bound, bound), in steps of 2^-31 of the bound. */
  symmetric(bound: number): number;
  /** Standard normal, by Box and Muller. */
  normal(): number;
  /** −1 or 1, `count` of them. */
  signs(count: number): Float64Array;
  /** A uniform order of 0 to count − 1 (Fisher, Yates; no draw is favoured). @param count at most 2^32 − 1 */
  permutation(count: number): Uint32Array;
}

/** AES-256 in counter mode under a key and a counter that HKDF-SHA-256 derives from the encoding's key and `purpose`. */
export function keyStream(key: Uint8Array, purpose: string): KeyStream {
  const secret = derive(key, purpose, CIPHER_KEY_BYTES + COUNTER_BYTES);
  const cipher: Cipher = createCipheriv(
    'aes-256-ctr',
    secret.subarray(0, CIPHER_KEY_BYTES),
    secret.subarray(CIPHER_KEY_BYTES),
  );
  secret.fill(0);
  const zeros = Buffer.alloc(4 * DRAWN_WORDS);
  let drawn = new Uint32Array(0);
  let at = 0;
  let spare: number | undefined;
  const word = (): number => {
    if (at === drawn.length) {
      // A copy of its own: a buffer from the pool may start between two words.
      drawn = new Uint32Array(Uint8Array.from(cipher.update(zeros)).buffer);
      at = 0;
    }
    return drawn[at++] ?? 0;
  };
  return {
    word,
    symmetric: (bound) => (word() / 2 ** 31 - 1) * bound,
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log((word() + 1) / 2 ** 32));
      const angle = (2 * Math.PI * word()) / 2 ** 32;
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    signs: (count) => Float64Array.from({ length: count }, () => ((word() & 1) === 0 ? 1 : -1)),
    permutation(count) {
      const order = Uint32Array.from({ length: count }, (_, i) => i);
      shuffle(order, uniformBelow(word));
      return order;
    },
  };
}
