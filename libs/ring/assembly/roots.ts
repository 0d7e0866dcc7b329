// Tables of the negacyclic NTT, in SEAL's order (util/ntt.cpp): powers of the smallest primitive 2N-th root of
// unity, bit-reversed.
//
// Tables of one prime and degree N: 4 * N words of u32.
//   [0, N)    forward roots r in [0, p)   [N, 2N)    floor(r * 2^32 / p), for Shoup's product
//   [2N, 3N)  inverse roots, likewise     [3N, 4N)   floor(r * 2^32 / p)
// Entry 0 of the inverse tables holds N^-1, entry 1 holds (inverse root 1) * N^-1: the last inverse stage scales.

import { power } from './modulus';

/** The smallest primitive 2N-th root of unity mod p (p prime, p = 1 mod 2N); 0 where there is none. */
export function minimalRoot(p: u32, logN: i32): u32 {
  const q = <u64>p;
  const n = <u64>1 << logN;
  if ((q - 1) % (2 * n)) return 0;
  let root: u64 = 0;
  for (let candidate: u64 = 2; candidate < q; candidate++) {
    const r = power(candidate, (q - 1) / (2 * n), q);
    if (power(r, n, q) == q - 1) {
      root = r;
      break;
    }
  }
  // The primitive roots are the odd powers of any one of them.
  const step = (root * root) % q;
  let smallest = root;
  for (let i: u64 = 0; i < n; i++) {
    root = (root * step) % q;
    if (root < smallest) smallest = root;
  }
  return <u32>smallest;
}

/** tables: 16 * N bytes. modulus: record of the prime. Returns 1, or 0 where p has no 2N-th root. */
export function rootsInit(tables: usize, logN: i32, modulus: usize): i32 {
  const p = load<u32>(modulus);
  const q = <u64>p;
  const n = 1 << logN;
  const root = <u64>minimalRoot(p, logN);
  if (!root) return 0;
  const inverseRoot = power(root, q - 2, q);
  const scale = power(<u64>n, q - 2, q);
  const half = tables + <usize>n * 8;
  let forward: u64 = 1;
  let backward: u64 = 1;
  for (let i = 0; i < n; i++) {
    const at = <usize>reverseBits(i, logN);
    put(tables + at * 4, <usize>n * 4, forward, q);
    if (at == 0) put(half, <usize>n * 4, scale, q);
    else if (at == 1) put(half + 4, <usize>n * 4, (backward * scale) % q, q);
    else put(half + at * 4, <usize>n * 4, backward, q);
    forward = (forward * root) % q;
    backward = (backward * inverseRoot) % q;
  }
  return 1;
}

/** A root, and `distance` bytes further the quotient that goes with it. */
// @ts-ignore: decorator
@inline
function put(at: usize, distance: usize, value: u64, p: u64): void {
  store<u32>(at, <u32>value);
  store<u32>(at + distance, <u32>((value << 32) / p));
}

function reverseBits(value: i32, bits: i32): i32 {
  let result = 0;
  for (let i = 0; i < bits; i++) {
    result = (result << 1) | (value & 1);
    value >>= 1;
  }
  return result;
}
