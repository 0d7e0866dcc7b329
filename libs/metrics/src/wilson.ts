/** The 97.5 % quantile of the normal distribution. */
export const NORMAL_975 = 1.959963984540054;

/**
 * Wilson's 95 % score interval of a proportion (Wilson 1927), without continuity correction. It covers also where a share
 * is 0 or 1, and always holds the share.
 *
 * @param hits 0 … count
 * @param count at least 1
 */
export function wilsonInterval(hits: number, count: number): [low: number, high: number] {
  const z2 = NORMAL_975 ** 2;
  const centre = (hits + z2 / 2) / (count + z2);
  const half = (NORMAL_975 / (count + z2)) * Math.sqrt((hits * (count - hits)) / count + z2 / 4);
  // The ends at 0 and 1 are exact; computed they miss by a rounding.
  return [hits === 0 ? 0 : centre - half, hits === count ? 1 : centre + half];
}
