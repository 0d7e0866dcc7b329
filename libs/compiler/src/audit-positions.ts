import { UnsupportedError } from '@ciphernet/foundation';
import { type Plan, gapBits } from './plan.js';

/** A forgery is missed with a probability below 2 to the minus this. */
export const MISS_BITS = 38;

/**
 * Positions of each prime that an audit takes. A result whose decryption differs from the honest one and keeps to the
 * bound on all slots differs at a share of the positions of at least h / log2 Q, added up over the primes; t positions of
 * each of k primes, drawn independently, miss it with probability at most (1 − h / log2 Q)^(k·t). docs/verification.md.
 *
 * @throws UnsupportedError for a plan that is not verifiable
 */
export function positionsPerPrime(plan: Plan): number {
  const gap = gapBits(plan);
  const { primes } = plan.parameters;
  if (gap <= 0) {
    throw new UnsupportedError('the plan is not verifiable', {
      where: 'audit',
      hint: 'encrypt the dataset under a verifiable plan',
    });
  }
  const modulus = primes.reduce((sum, prime) => sum + Math.log2(prime), 0);
  return Math.ceil(MISS_BITS / (-Math.log2(1 - gap / modulus) * primes.length));
}

/** log2 of the probability that an audit of `positions` a prime misses a forgery of that plan; negative. */
export function missLog2(plan: Plan, positions: number): number {
  const { primes } = plan.parameters;
  const modulus = primes.reduce((sum, prime) => sum + Math.log2(prime), 0);
  return positions * primes.length * Math.log2(1 - gapBits(plan) / modulus);
}
