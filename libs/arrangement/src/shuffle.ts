import { createCipheriv } from 'node:crypto';

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
  return (below) => {
    const limit = 2 ** 32 - (2 ** 32 % below);
    for (;;) {
      const word = next();
      if (word < limit) return word % below;
    }
  };
}

/** Fisher and Yates' shuffle, in place. @param uniform whole numbers below a bound */
export function shuffle(values: Int32Array, uniform: (below: number) => number): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = uniform(i + 1);
    const kept = values[i] ?? 0;
    values[i] = values[j] ?? 0;
    values[j] = kept;
  }
}
