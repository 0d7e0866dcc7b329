// Tables of the NTT, in SEAL's order (util/ntt.cpp): powers of the smallest primitive root of unity, bit-reversed. In the
// standard ring the root's order is 2N. In the conjugate-invariant one (fold.ts) it is 4N, and of each stage of the 2N-point
// transform the first half is taken: entry m + i, i < m, is its entry 2m + i.
//
// Tables of one prime and degree N: 4 * N words of u32.
//   [0, N)    forward roots r in [0, p)   [N, 2N)    floor(r * 2^32 / p), for Shoup's product
//   [2N, 3N)  inverse roots, likewise     [3N, 4N)   floor(r * 2^32 / p)
// Entry 0 of the forward roots, which no stage reads, is 1; in the conjugate-invariant ring it is the square root I of -1 that
// folding multiplies by, and entry 1 carries the factor -I that folding leaves to the first stage. Entry 0 of the inverse tables
// holds 1/N (or 1/2N, for unfolding), entry 1 holds (inverse root 1) times it, and times I: the last inverse stage scales.

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

/** The ring that tables are of: `RING_CODES` of src/ring-names.ts. */
export const STANDARD: i32 = 0;
export const CONJUGATE_INVARIANT: i32 = 1;

/** Whether tables are of the conjugate-invariant ring. */
// @ts-ignore: decorator
@inline
export function isFolded(tables: usize): bool {
  return load<u32>(tables) != 1;
}

/** tables: 16 * N bytes. modulus: record of the prime. Returns 1, or 0 where p has no root of the ring's order. */
export function rootsInit(tables: usize, logN: i32, modulus: usize, ring: i32): i32 {
  const p = load<u32>(modulus);
  const q = <u64>p;
  const n = 1 << logN;
  const bits = logN + ring;
  const root = <u64>minimalRoot(p, bits);
  if (!root) return 0;
  const inverseRoot = power(root, q - 2, q);
  const scale = power(<u64>n << ring, q - 2, q);
  // Factors of the roots of the first stage and of the last one backwards.
  const unit = ring == STANDARD ? <u64>1 : power(root, <u64>n, q);
  const first = ring == STANDARD ? <u64>1 : q - unit;
  const last = (unit * scale) % q;
  const distance = <usize>n * 4;
  const half = tables + <usize>n * 8;
  let forward: u64 = 1;
  let backward: u64 = 1;
  for (let i = 0; i < n << ring; i++) {
    const at = placeOf(reverseBits(i, bits), ring);
    if (at >= 0) {
      const offset = <usize>at * 4;
      put(tables + offset, distance, at == 1 ? (forward * first) % q : forward, q);
      put(half + offset, distance, at == 0 ? scale : at == 1 ? (backward * last) % q : backward, q);
    }
    forward = (forward * root) % q;
    backward = (backward * inverseRoot) % q;
  }
  return 1;
}

/** Where an entry of the transform's tables stands in ours; -1 where it is of the half that is left out. */
function placeOf(entry: i32, ring: i32): i32 {
  if (ring == STANDARD) return entry;
  // Entry 1 is the root of the first stage, which folds.
  if (entry <= 1) return entry - 1;
  const m = 1 << (30 - clz(entry));
  return entry - 2 * m < m ? entry - m : -1;
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
