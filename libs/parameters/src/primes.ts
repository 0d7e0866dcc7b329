import { InputError } from '@ciphernet/errors';

function powMod(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let e = exponent; e > 0n; e >>= 1n) {
    if ((e & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** Miller–Rabin with the bases 2, 7, 61, which decide every n < 4,759,123,141 (Jaeschke 1993). */
export function isPrime(n: number): boolean {
  if (n < 2 || n % 2 === 0) return n === 2;
  const value = BigInt(n);
  let odd = value - 1n;
  let twos = 0;
  while ((odd & 1n) === 0n) {
    odd >>= 1n;
    twos++;
  }
  return [2n, 7n, 61n].every((base) => {
    if (base % value === 0n) return true;
    let x = powMod(base, odd, value);
    if (x === 1n || x === value - 1n) return true;
    for (let i = 1; i < twos; i++) {
      x = (x * x) % value;
      if (x === value - 1n) return true;
    }
    return false;
  });
}

/**
 * The moduli that SEAL's `CoeffModulus::Create(N, bitSizes)` returns: for each size the largest primes below 2^size
 * that are 1 modulo 2N, handed out smallest first (native/src/seal/modulus.cpp, util/numth.cpp `get_primes`).
 *
 * @param bitSizes 18 to 30 bits each: a residue then fits 32 bits and splits into two signed 15-bit digits
 */
export function createModuli(ringDegree: number, bitSizes: readonly number[]): number[] {
  const pools = new Map<number, number[]>();
  for (const bits of new Set(bitSizes)) {
    if (!Number.isInteger(bits) || bits < 18 || bits > 30) {
      throw new InputError(`a modulus of ${bits} bits`, { where: 'coefficient modulus', hint: 'use 18 to 30 bits' });
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
  return bitSizes.map((bits) => pools.get(bits)?.pop() ?? 0);
}
