import type { Arrangement } from './arrangement.js';

/** Error bound of a logit when no plan that can be believed states one: the planner's default for given parameters. */
const ABSOLUTE_BOUND = 0.4;
/** The planner lets logits that span more err by 2^-8 of the largest, and by twice that where parameters are given. */
const RELATIVE_BOUND = 2 ** -7;
/** The largest logit of all examples is some times the median example's. */
const LARGEST_OVER_MEDIAN = 4;

function medianOf(values: Float64Array): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1] ?? 0;
}

/**
 * How far the logits of twins may lie apart where the plan is not known to be honest: both within the planner's rule. The
 * size of logits is the median example's, which few altered ones do not move.
 *
 * @param logits slots × classes, finite
 */
export function twinTolerance(logits: Float64Array, classes: number): number {
  const largest = new Float64Array(logits.length / classes);
  logits.forEach((value, i) => {
    const slot = Math.floor(i / classes);
    largest[slot] = Math.max(largest[slot] ?? 0, Math.abs(value));
  });
  return 2 * Math.max(ABSOLUTE_BOUND, RELATIVE_BOUND * LARGEST_OVER_MEDIAN * medianOf(largest));
}

/**
 * Holds every pair of twins, and all zeros, to each other: an honest evaluation is one function of the example alone, and
 * answers the same within its error.
 *
 * @param logits slots × classes
 * @param tolerance how far two logits of the same example may lie apart
 * @returns pairs of slots that differ by more, of all pairs compared; a value that is no number differs from everything
 */
export function compareTwins(
  { twins, zeros }: Arrangement,
  logits: Float64Array,
  classes: number,
  tolerance: number,
): { readonly differing: readonly (readonly [number, number])[]; readonly compared: number } {
  const [first] = zeros;
  const pairs = [...twins, ...zeros.slice(1).map((slot) => [first ?? slot, slot] as const)];
  const isAlike = ([a, b]: readonly [number, number]): boolean => {
    for (let k = 0; k < classes; k++) {
      // Written so that NaN is not alike.
      const apart = Math.abs((logits[a * classes + k] ?? NaN) - (logits[b * classes + k] ?? NaN));
      if (!(apart <= tolerance)) return false;
    }
    return true;
  };
  return { differing: pairs.filter((pair) => !isAlike(pair)), compared: pairs.length };
}
