/**
 * Uniform whole numbers below a bound, from uniform 32-bit words: those beyond the bound's largest multiple are drawn again, so that no
 * number is favoured.
 *
 * @returns takes bounds of 1 to 2^32 − 1
 */
export function uniformBelow(word: () => number): (below: number) => number {
  return (below) => {
    const limit = 2 ** 32 - (2 ** 32 % below);
    for (;;) {
      const drawn = word();
      if (drawn < limit) return drawn % below;
    }
  };
}

/** Fisher and Yates' shuffle, in place. @param uniform whole numbers below a bound */
export function shuffle(values: Int32Array | Uint32Array, uniform: (below: number) => number): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = uniform(i + 1);
    const kept = values[i]!;
    values[i] = values[j]!;
    values[j] = kept;
  }
}
