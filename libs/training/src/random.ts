import { createHash } from 'node:crypto';
import { shuffle } from '@ciphernet/foundation';

/**
 * Small fast counter generator (sfc32). Everything random in a training run comes from one of
 * these, made by `stream`, so that a run depends on its seed only. Not for cryptography.
 */
export class Random {
  // A typed array: plain fields above 2^30 would be boxed doubles, about 4 times slower in V8.
  readonly #state: Int32Array;

  constructor(words: readonly [number, number, number, number]) {
    this.#state = Int32Array.from(words);
  }

  /** A uniform 32-bit unsigned integer. */
  word(): number {
    const s = this.#state;
    const a = s[0]!;
    const b = s[1]!;
    const c = s[2]!;
    const counter = s[3]!;
    const result = (((a + b) | 0) + counter) | 0;
    s[3] = counter + 1;
    s[0] = b ^ (b >>> 9);
    s[1] = c + (c << 3);
    s[2] = ((c << 21) | (c >>> 11)) + result;
    return result >>> 0;
  }

  /** Uniform in [0, 1), 32 bits. */
  uniform(): number {
    return this.word() / 4294967296;
  }

  /** Uniform in [-bound, bound). */
  symmetric(bound: number): number {
    return (this.uniform() * 2 - 1) * bound;
  }

  /** Standard normal (Box-Muller). V8 computes log and cos in software: the same on all machines. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log((this.word() + 1) / 4294967296));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}

/**
 * The stream of one purpose in one epoch. Streams are derived afresh instead of being carried on:
 * a checkpoint then needs only the seed and the epoch, and drawing more in one place (a further
 * dropout layer) leaves the others (order of the samples, augmentation) as they were.
 */
export function stream(seed: number, purpose: string, epoch: number): Random {
  const digest = createHash('sha256').update(`${seed}/${purpose}/${epoch}`).digest();
  return new Random([digest.readInt32LE(0), digest.readInt32LE(4), digest.readInt32LE(8), digest.readInt32LE(12)]);
}

/** Fisher-Yates from the identity, so the order of an epoch does not depend on the one before. */
export function permutation(length: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  shuffle(order, (below) => Math.floor(random.uniform() * below));
  return order;
}

/** A repeatable source of standard normal numbers, for simulations. Not for cryptography. */
export function gaussian(seed: number, purpose: string): () => number {
  const random = stream(seed, purpose, 0);
  return () => random.normal();
}
