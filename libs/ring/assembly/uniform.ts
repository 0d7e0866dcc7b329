// Uniform residues from the words of a block cipher: what goes into it, and which of its words are taken (see seeded-mask.ts of
// artifacts).

/**
 * Inputs of blocks: 64 bits of a number and 64 zeros each, little-endian.
 *
 * target: runs * length blocks of 16 bytes. first: number of the first one, below 2^53; numbers of a run follow each other, and
 * the next run begins `step` further.
 */
export function blockInputs(target: usize, first: f64, runs: i32, length: i32, step: f64): void {
  const run = <usize>length << 4;
  const end = target + <usize>runs * run;
  const one = i64x2(1, 0);
  const leap = i64x2.replace_lane(i64x2.splat(0), 0, <i64>step);
  let start = i64x2.replace_lane(i64x2.splat(0), 0, <i64>first);
  while (target < end) {
    let input = start;
    for (const next = target + run; target < next; target += 16) {
      v128.store(target, input);
      input = i64x2.add(input, one);
    }
    start = i64x2.add(start, leap);
  }
}

/**
 * Cuts words to the bits of a prime, in place, and finds those that are no residues.
 *
 * words: `count` u32, a multiple of 4. mask: 2^bits - 1. rejected: takes the indices of words that are not below the prime, u32; as
 * many as there are words. Returns how many.
 */
export function cutWords(words: usize, count: i32, prime: u32, mask: u32, rejected: usize): i32 {
  const p = i32x4.splat(prime), m = i32x4.splat(mask);
  const first = rejected;
  for (let i = 0; i < count; i += 4) {
    const value = v128.and(v128.load(words), m);
    v128.store(words, value);
    words += 16;
    const isBeyond = i32x4.ge_u(value, p);
    // Hardly ever for data primes, which lie close below a power of two.
    if (!v128.any_true(isBeyond)) continue;
    const beyond = i32x4.bitmask(isBeyond);
    for (let lane = 0; beyond >> lane; lane++) {
      if ((beyond >> lane) & 1) {
        store<u32>(rejected, i + lane);
        rejected += 4;
      }
    }
  }
  return <i32>((rejected - first) >> 2);
}
