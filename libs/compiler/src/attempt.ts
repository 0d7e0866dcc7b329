import { type CkksParameters, type EncryptionMode, componentsAfter, freshNoise, rescaleNoise } from '@ciphernet/ckks';
import { elementAt, lastOf } from '@ciphernet/foundation';
import type { Calibration } from './calibrate.js';
import type { WeightChoice } from './candidates.js';
import { type MapPlan, type Plan, deriveScales, pairingBits } from './plan.js';

/**
 * Bits kept free above a map's largest value on the public calibration set, since private data may exceed it: room for examples √2
 * times as far out as the furthest of those, whose values behind k squares are 2^(2^k / 2) times as large. At least one bit. Of the
 * 10,000 test images of Fashion-MNIST and MNIST one goes to 1.98 and 1.89 times the largest logit of 1,000 training images behind
 * two squares, of 20,000 training images one to 2.43 times.
 *
 * @param map its number, which is that of the squares before it
 */
export function spareBits(map: number): number {
  return Math.max(1, 2 ** (map - 1));
}

/** Gaussian quantile for 10^5 values at 99.9 %: √(2 ln 10^8) ≈ 6.1. */
const QUANTILE = 6.1;

/** Everything that the planner may choose, chosen, and the circuit's measured values. */
export interface Combination {
  readonly calibration: Calibration;
  readonly mode: EncryptionMode;
  readonly parameters: CkksParameters;
  readonly inputScale: number;
  /** One a map. */
  readonly weights: readonly WeightChoice[];
  /** Primes dropped after each map; at least one prime is left. */
  readonly rescales: readonly number[];
  /**
   * Bits between the bound of the result's slots and the modulus, at least, for a plan that an auditor can check: without a
   * rescale, with all primes in the result. Absent for any other.
   */
  readonly gapBits?: number;
}

/** What became of a combination. */
export interface Attempt {
  /** Absent when the values do not fit the modulus. */
  readonly plan?: Plan;
  /** Bits by which the tightest modulus was missed; 0 or less where all values fit. */
  readonly missedBits: number;
  /** Bound of a logit's error, also where the values do not fit. */
  readonly errorBound: number;
}

type DerivedScales = ReturnType<typeof deriveScales>;

function logProduct(primes: readonly number[]): number {
  return primes.reduce((sum, prime) => sum + Math.log2(prime), 0);
}

/** At least 1: SEAL refuses a scale above the modulus, however small the values are. */
function largestValue(calibration: Calibration, map: number): number {
  return Math.max(elementAt(calibration.maxAbs, map), 1);
}

/**
 * Bits left above a map's values before its rescale and, for the last map, in the result; undefined in between, where
 * sums may wrap: only what a rescale divides and what is decrypted must be the true integer.
 */
function headroomOf(combination: Combination, scales: DerivedScales, map: number): number | undefined {
  const { primes } = combination.parameters;
  const values = largestValue(combination.calibration, map);
  const room = (count: number, scale: number): number =>
    logProduct(primes.slice(0, count)) - 1 - Math.log2(values * scale);
  const { before, after, primesLeft } = elementAt(scales, map);
  const rooms: number[] = [];
  if (elementAt(combination.rescales, map) > 0) {
    rooms.push(room(map === 0 ? primes.length : elementAt(scales, map - 1).primesLeft, before));
  }
  if (map === scales.length - 1) rooms.push(room(primesLeft, after));
  return rooms.length === 0 ? undefined : Math.min(...rooms);
}

function mapPlansOf(combination: Combination, scales: DerivedScales): MapPlan[] {
  return scales.map(({ before, after }, i) => {
    const { bits, weightScale } = elementAt(combination.weights, i);
    const headroom = headroomOf(combination, scales, i);
    return {
      weightBits: bits,
      weightScale,
      rescales: elementAt(combination.rescales, i),
      scaleBefore: before,
      scaleAfter: after,
      ...(headroom === undefined ? {} : { headroomBits: headroom }),
    };
  });
}

/** Variance of a logit's error from encryption and rescales: the mean over slots, and at the worst of them. */
function noiseOf(combination: Combination, scales: DerivedScales): { readonly mean: number; readonly worst: number } {
  const { calibration, parameters, mode, inputScale, rescales } = combination;
  const fresh = freshNoise(parameters, mode);
  const inputGain = elementAt(calibration.gains, 0) / inputScale;
  let mean = fresh.mean * inputGain ** 2;
  let worst = fresh.worst * inputGain ** 2;
  scales.forEach(({ after }, i) => {
    if (elementAt(rescales, i) === 0) return;
    const noise = rescaleNoise(parameters, componentsAfter(i));
    const gain = elementAt(calibration.gains, i + 1) / after;
    mean += noise.mean * gain ** 2;
    worst += noise.worst * gain ** 2;
  });
  return { mean, worst };
}

/** The fewest of the primes left that hold the logits with their sign and the bit that is kept free. */
function resultPrimesOf({ calibration, parameters, gapBits }: Combination, scales: DerivedScales): number {
  const { after, primesLeft } = lastOf(scales);
  // Each prime that is dropped before the download would take its bits out of the gap.
  if (gapBits !== undefined) return primesLeft;
  const largest = largestValue(calibration, scales.length - 1);
  const needed = Math.log2(largest) + Math.log2(after) + 1 + spareBits(scales.length - 1);
  let count = primesLeft;
  while (count > 1 && logProduct(parameters.primes.slice(0, count - 1)) >= needed) count--;
  return count;
}

/**
 * One combination: do the values fit the modulus at every rescale and at the end, and how large is the error?
 *
 * @throws RangeError when calibration, weights and rescales are not of one circuit of at least one map
 */
export function attempt(combination: Combination): Attempt {
  const { calibration, parameters, mode, inputScale, weights, rescales } = combination;
  const choices = weights.map(({ weightScale }, i) => ({ weightScale, rescales: elementAt(rescales, i) }));
  const scales = deriveScales(parameters.primes, inputScale, choices);
  const maps = mapPlansOf(combination, scales);
  const { mean, worst } = noiseOf(combination, scales);
  const errorBound = QUANTILE * Math.sqrt(worst);
  const { gapBits } = combination;
  const gap = gapBits === undefined ? 0 : gapBits + pairingBits(parameters.ring);
  const missedBits = maps.reduce(
    (most, { headroomBits }, map) =>
      headroomBits === undefined ? most : Math.max(most, spareBits(map) + gap - headroomBits),
    -Infinity,
  );
  if (missedBits > 0) return { missedBits, errorBound };
  const plan: Plan = {
    parameters,
    mode,
    inputScale,
    maps,
    resultPrimes: resultPrimesOf(combination, scales),
    resultScale: lastOf(scales).after,
    predictedError: { deviation: Math.sqrt(mean), bound: errorBound },
    roundingDeviation: Math.sqrt(weights.reduce((sum, { variance }) => sum + variance, 0)),
    ...(gapBits === undefined
      ? {}
      : { slotBound: 2 ** spareBits(maps.length - 1) * largestValue(calibration, maps.length - 1) }),
  };
  return { plan, missedBits, errorBound };
}

/** True when the first of two attempts that failed came nearer: fitting the modulus comes first, then the precision. */
export function isNearer(tried: Attempt, closest: Attempt): boolean {
  const fits = tried.missedBits <= 0;
  if (fits !== closest.missedBits <= 0) return fits;
  return fits ? tried.errorBound < closest.errorBound : tried.missedBits < closest.missedBits;
}
