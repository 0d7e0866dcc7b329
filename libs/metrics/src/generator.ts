const MASK = (1n << 64n) - 1n;

/** SplitMix64 (Steele, Lea, Flood 2014), which spreads a seed over the state of another generator. */
export function splitMix64(seed: bigint): () => bigint {
  let state = seed & MASK;
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return z ^ (z >> 31n);
  };
}

/**
 * xoshiro128** 1.1 (Blackman, Vigna 2018): fills arrays with uniform 32-bit words. Not for cryptography.
 *
 * In bulk, since the state then stays in registers: a word takes about a nanosecond.
 *
 * @param state four words, not all zero; changed by every fill
 */
export function fillWords(state: Uint32Array, words: Uint32Array): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  for (let i = 0; i < words.length; i++) {
    const five = Math.imul(b, 5);
    words[i] = Math.imul((five << 7) | (five >>> 25), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
  }
  state.set([a, b, c, d]);
}

/** The state of a seed, which is a whole number from 0 to 2^53 − 1. */
export function stateOf(seed: number): Uint32Array {
  const next = splitMix64(BigInt(seed));
  const [low, high] = [next(), next()];
  return Uint32Array.from([low & 0xffffffffn, low >> 32n, high & 0xffffffffn, high >> 32n], Number);
}

/**
 * How often each of `weights.length` examples comes in a sample of as many with replacement.
 *
 * The high part of word × n names the example: of n examples one is drawn more often than another by n / 2^32 at most,
 * a thousandth for four million.
 *
 * @param words scratch of the same length
 */
export function resample(state: Uint32Array, weights: Uint32Array, words: Uint32Array): void {
  fillWords(state, words);
  weights.fill(0);
  const scale = weights.length / 4294967296;
  for (let i = 0; i < words.length; i++) {
    const drawn = Math.floor(words[i]! * scale);
    weights[drawn] = weights[drawn]! + 1;
  }
}
