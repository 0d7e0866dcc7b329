import type { Plan } from './plan.js';

/** Plans that err by so much more than the best are as good. */
export const AS_GOOD = 1.25;

/**
 * A deviation of this share of the largest logit moves a decision only where two logits were as near: on the zoo's models on both
 * datasets less than one in a thousand, as many to the right as to the wrong (docs/parameters.md).
 */
const NEGLIGIBLE = 2 ** -7;

/** Deviation of a logit from all that quantisation and encryption do, against the real circuit. */
export function totalDeviation(plan: Plan): number {
  return Math.hypot(plan.predictedError.deviation, plan.roundingDeviation);
}

/** True where a plan moves no decision to speak of, whatever another one would do. @param largest logit on the calibration's examples */
export function errsNegligibly(plan: Plan, largest: number): boolean {
  return totalDeviation(plan) <= NEGLIGIBLE * largest;
}

/**
 * The plan in the conjugate-invariant ring costs half of everything an image and errs by more; it is taken where that costs no
 * accuracy: where it errs as little as the standard ring's, or by a negligible share of the logits.
 *
 * @param largest logit on the calibration's examples
 */
export function cheaperRing(invariant: Plan, standard: Plan, largest: number): Plan {
  const isAsGood = totalDeviation(invariant) <= AS_GOOD * totalDeviation(standard);
  return isAsGood || errsNegligibly(invariant, largest) ? invariant : standard;
}
