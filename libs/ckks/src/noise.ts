import { type Ring, slotsOf } from '@ciphernet/ring';
import type { CkksParameters } from './ckks-parameters.js';

/** How a dataset was encrypted: with the public key, or by the owner of the secret key (less noise, half the bytes). */
export type EncryptionMode = 'public' | 'symmetric';

/** Variance of SEAL's centred binomial error with 21 bit pairs (util/rlwe.cpp): 21 / 2, a deviation of 3.24. */
const ERROR_VARIANCE = 10.5;

/** Variance of a rounding error, uniform in ±1/2. */
const ROUNDING = 1 / 12;

/** Variance of a coefficient that is uniform in {−1, 0, 1}. */
const TERNARY_VARIANCE = 2 / 3;

/**
 * E|a(ζ)|² at a root of unity, of an element whose coefficients have variance 1. Standard ring: N coefficients on the unit circle.
 * Conjugate-invariant ring: s_0 + Σ 2 s_i cos(…), 4 · 1/2 for each of N − 1.
 */
function energyOf({ ring, ringDegree }: Ring): number {
  return ring === 'standard' ? ringDegree : 2 * ringDegree;
}

/** Variance of a slot's real value, of an element with such independent coefficients: all of the energy where slots are real. */
function slotVariance(ring: Ring, coefficientVariance: number): number {
  const share = ring.ring === 'standard' ? 1 / 2 : 1;
  return share * energyOf(ring) * coefficientVariance;
}

/**
 * Sum over components of the energy that a rounding error of component i meets when decryption multiplies it by s^i,
 * at a slot where |s(ζ)|² is `tail` times its mean.
 */
function roundedComponents(ring: Ring, components: number, tail: number): number {
  let sum = 0;
  for (let i = 0; i < components; i++) sum += (tail * TERNARY_VARIANCE * energyOf(ring)) ** i;
  return sum;
}

/**
 * As above, averaged over slots. s(ζ) is close to Gaussian: complex in the standard ring, so E|s|^(2i) = i! · (E|s|²)^i; real in the
 * conjugate-invariant one, where it is (2i − 1)!! · (E s²)^i.
 */
function meanRoundedComponents(ring: Ring, components: number): number {
  let sum = 0;
  let term = 1;
  for (let i = 0; i < components; i++) {
    sum += term;
    term *= (ring.ring === 'standard' ? i + 1 : 2 * i + 1) * TERNARY_VARIANCE * energyOf(ring);
  }
  return sum;
}

/** Variances of an error in a slot: the mean over slots, and at the worst slot that is to be expected. */
export interface NoiseVariance {
  readonly mean: number;
  readonly worst: number;
}

/** 1 − e^(−7): with this probability no slot has |s(ζ)|² above {@link worstTail} times its mean. */
const TAIL_MARGIN = 7;

/**
 * The t at which slots · P(|s|² > t · E|s|²) is e^−7. The tail is exponential where s(ζ) is complex: ln slots + 7. Where it is real,
 * slots · erfc(√(t/2)) = e^−7, by its asymptotic series erfc(x) ≈ e^(−x²)/(x√π): a fixed point of t = 2 (ln slots + 7 − ln(√(πt/2))).
 */
function worstTail(ring: Ring): number {
  const exponent = Math.log(slotsOf(ring)) + TAIL_MARGIN;
  if (ring.ring === 'standard') return exponent;
  let tail = 2 * exponent;
  for (let round = 0; round < 8; round++) tail = 2 * (exponent - Math.log(Math.sqrt((Math.PI * tail) / 2)));
  return tail;
}

/**
 * Noise of a fresh ciphertext in units of 1 (divide by the scale for values), encoding error included.
 *
 * Public key: u·e + e0 + e1·s at the key level, divided by the special prime with rounding of both components.
 * Symmetric: one error polynomial.
 */
export function freshNoise(parameters: CkksParameters, mode: EncryptionMode): NoiseVariance {
  if (mode === 'symmetric') {
    const variance = slotVariance(parameters, ERROR_VARIANCE + ROUNDING);
    return { mean: variance, worst: variance };
  }
  const secret = TERNARY_VARIANCE * energyOf(parameters);
  const atKeyLevel = (tail: number): number =>
    (ERROR_VARIANCE * (1 + 2 * tail * secret)) / parameters.specialPrime ** 2;
  const at = (tail: number): number =>
    slotVariance(parameters, atKeyLevel(tail) + ROUNDING * (1 + roundedComponents(parameters, 2, tail)));
  return { mean: at(1), worst: at(worstTail(parameters)) };
}

/** Noise that one rescale adds to a ciphertext of `components` components, in units of the new scale. */
export function rescaleNoise(ring: Ring, components: number): NoiseVariance {
  return {
    mean: slotVariance(ring, ROUNDING * meanRoundedComponents(ring, components)),
    worst: slotVariance(ring, ROUNDING * roundedComponents(ring, components, worstTail(ring))),
  };
}

/** Components after `squares` squares without relinearisation: 2, 3, 5, 9. */
export function componentsAfter(squares: number): number {
  return 2 ** squares + 1;
}
