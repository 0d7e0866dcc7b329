import { InputError, elementAt } from '@ciphernet/foundation';
import { multiplyModulo, powerModulo } from './modular.js';

/** Every prime is below this: a residue fits 32 bits with room for a sum of four, and two signed 15-bit digits. */
export const PRIME_BOUND = 2 ** 30;

/** Bits of a prime: SEAL finds enough primes that are 1 modulo 2N from 18 on. */
const MIN_PRIME_BITS = 18;
const MAX_PRIME_BITS = 30;

/**
 * Miller–Rabin with the bases 2, 7, 61, which decide every n < 4,759,123,141 (Jaeschke 1993).
 *
 * @param n a whole number below 2^30; larger ones are never called prime
 */
export function isPrime(n: number): boolean {
  if (n < 2 || n >= PRIME_BOUND || n % 2 === 0) return n === 2;
  let odd = n - 1;
  let twos = 0;
  while (odd % 2 === 0) {
    odd /= 2;
    twos++;
  }
  return [2, 7, 61].every((base) => {
    if (base % n === 0) return true;
    let x = powerModulo(base % n, odd, n);
    if (x === 1 || x === n - 1) return true;
    for (let i = 1; i < twos; i++) {
      x = multiplyModulo(x, x, n);
      if (x === n - 1) return true;
    }
    return false;
  });
}

/**
 * The primes that SEAL's `CoeffModulus::Create(N, bitSizes)` returns: for each size the largest primes below 2^size
 * that are 1 modulo 2N, handed out smallest first (native/src/seal/modulus.cpp, util/numth.cpp `get_primes`).
 *
 * @param bitSizes 18 to 30 bits each: a residue then fits 32 bits and splits into two signed 15-bit digits
 */
export function createPrimes(ringDegree: number, bitSizes: readonly number[]): number[] {
  const pools = new Map<number, number[]>();
  for (const bits of new Set(bitSizes)) {
    if (!Number.isInteger(bits) || bits < MIN_PRIME_BITS || bits > MAX_PRIME_BITS) {
      throw new InputError(`a prime of ${bits} bits`, {
        where: 'coefficient modulus',
        hint: `use ${MIN_PRIME_BITS} to ${MAX_PRIME_BITS} bits`,
      });
    }
    const wanted = bitSizes.filter((size) => size === bits).length;
    const found: number[] = [];
    const step = 2 * ringDegree;
    const top = 2 ** bits;
    for (let p = Math.floor((top - 1) / step) * step + 1; found.length < wanted && p > top / 2; p -= step) {
      if (isPrime(p)) found.push(p);
    }
    if (found.length < wanted) {
      throw new InputError(`fewer than ${wanted} primes of ${bits} bits are 1 modulo ${step}`, {
        where: 'coefficient modulus',
        hint: 'use more bits or a smaller ring',
      });
    }
    pools.set(bits, found);
  }
  return bitSizes.map((bits) => elementAt(pools.get(bits)?.splice(-1) ?? [], 0));
}
