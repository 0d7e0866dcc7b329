/** Values in [0, 1) that are the same everywhere: a linear congruence (Numerical Recipes, 3rd edition, 7.1.1). */
export function uniformFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
