import { createCipheriv } from 'node:crypto';
import { uniformBelow } from '@ciphernet/foundation';

/** Bytes of a seed: 256 bits from the operating system's generator. */
export const SEED_BYTES = 32;

const CHUNK_WORDS = 4096;

/** Uniform whole numbers below a bound, from AES-256-CTR's keystream under the seed; rejection keeps them unbiased. */
export function keyedUniform(seed: Uint8Array): (below: number) => number {
  const cipher = createCipheriv('aes-256-ctr', seed, Buffer.alloc(16));
  const zeros = Buffer.alloc(4 * CHUNK_WORDS);
  let words = new Uint32Array(0);
  let at = 0;
  const next = (): number => {
    if (at === words.length) {
      words = new Uint32Array(new Uint8Array(cipher.update(zeros)).buffer);
      at = 0;
    }
    return words[at++] ?? 0;
  };
  return uniformBelow(next);
}
