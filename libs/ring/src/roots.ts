import { createRingKernels } from './ring-kernels.js';

/** Roots that were found: a process sees a few primes, and finding one takes N products. */
const known = new Map<string, number>();
const MOST_KNOWN = 1000;

/**
 * SEAL's ψ (util/numth.cpp `try_minimal_primitive_root`): the smallest primitive 2N-th root of unity modulo a prime.
 *
 * @throws RangeError unless the prime is 1 modulo 2N
 */
export function minimalRoot(prime: number, ringDegree: number): number {
  const key = `${prime} ${ringDegree}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const root = createRingKernels().minimalRoot(prime, Math.log2(ringDegree));
  if (root === 0) throw new RangeError(`${prime} has no root of order ${2 * ringDegree}`);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, root);
  return root;
}
