import type { CkksParameters } from './ckks-parameters.js';

/** How a dataset was encrypted: with the public key, or by the owner of the secret key (less noise, half the bytes). */
export type EncryptionMode = 'public' | 'symmetric';

/** Variance of SEAL's centred binomial error with 21 bit pairs (util/rlwe.cpp): 21 / 2, a deviation of 3.24. */
const ERROR_VARIANCE = 10.5;

/** Variance of a rounding error, uniform in ±1/2. */
const ROUNDING = 1 / 12;

/** E|s(ζ)|² of a uniform ternary secret at a root of unity: each coefficient has variance 2/3. */
function secretEnergy(ringDegree: number): number {
  return (2 / 3) * ringDegree;
}

/**
 * Sum over components of the energy that a rounding error of component i meets when decryption multiplies it by s^i,
 * at a slot where |s(ζ)|² is `tail` times its mean.
 */
function roundedComponents(ringDegree: number, components: number, tail: number): number {
  let sum = 0;
  for (let i = 0; i < components; i++) sum += (tail * secretEnergy(ringDegree)) ** i;
  return sum;
}

/** As above, averaged over slots: s(ζ) is close to complex Gaussian, so E|s|^(2i) = i! · (E|s|²)^i. */
function meanRoundedComponents(ringDegree: number, components: number): number {
  let sum = 0;
  let term = 1;
  for (let i = 0; i < components; i++) {
    sum += term;
    term *= (i + 1) * secretEnergy(ringDegree);
  }
  return sum;
}

/** Variance of the real part of a slot, from the variance of independent coefficients: N / 2 of it. */
function slotVariance(ringDegree: number, coefficientVariance: number): number {
  return (ringDegree / 2) * coefficientVariance;
}

/** Variances of an error in a slot: the mean over slots, and at the worst slot that is to be expected. */
export interface NoiseVariance {
  readonly mean: number;
  readonly worst: number;
}

/** 1 − e^(−7): with this probability no slot has |s(ζ)|² above (ln slots + 7) times its mean (exponential tail). */
const TAIL_MARGIN = 7;

function worstTail(ringDegree: number): number {
  return Math.log(ringDegree / 2) + TAIL_MARGIN;
}

/**
 * Noise of a fresh ciphertext in units of 1 (divide by the scale for values), encoding error included.
 *
 * Public key: u·e + e0 + e1·s at the key level, divided by the special prime with rounding of both components.
 * Symmetric: one error polynomial.
 */
export function freshNoise(parameters: CkksParameters, mode: EncryptionMode): NoiseVariance {
  const N = parameters.ringDegree;
  if (mode === 'symmetric') {
    const variance = slotVariance(N, ERROR_VARIANCE + ROUNDING);
    return { mean: variance, worst: variance };
  }
  const atKeyLevel = (tail: number): number =>
    (ERROR_VARIANCE * (1 + 2 * tail * secretEnergy(N))) / parameters.specialPrime ** 2;
  const at = (tail: number): number =>
    slotVariance(N, atKeyLevel(tail) + ROUNDING * (1 + roundedComponents(N, 2, tail)));
  return { mean: at(1), worst: at(worstTail(N)) };
}

/** Noise that one rescale adds to a ciphertext of `components` components, in units of the new scale. */
export function rescaleNoise(ringDegree: number, components: number): NoiseVariance {
  return {
    mean: slotVariance(ringDegree, ROUNDING * meanRoundedComponents(ringDegree, components)),
    worst: slotVariance(ringDegree, ROUNDING * roundedComponents(ringDegree, components, worstTail(ringDegree))),
  };
}

/** Components after `squares` squares without relinearisation: 2, 3, 5, 9. */
export function componentsAfter(squares: number): number {
  return 2 ** squares + 1;
}
