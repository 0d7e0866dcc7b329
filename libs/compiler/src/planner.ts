import {
  type CkksParameters,
  type EncryptionMode,
  MAX_LOG_QP_128,
  componentsAfter,
  createParameters,
  describeParameters,
  freshNoise,
  rescaleNoise,
} from '@ciphernet/ckks';
import { InputError, UnsupportedError } from '@ciphernet/foundation';
import type { Calibration } from './calibrate.js';
import { type Circuit, largestWeight, squaresOf } from './circuit.js';
import { type MapPlan, type Plan, deriveScales } from './plan.js';

export interface PlanOptions {
  readonly mode: EncryptionMode;
  /** Largest tolerated error bound of a logit against the quantised circuit, in place of the default rule. */
  readonly targetError?: number;
  /**
   * Variance of each map's outputs for rounding errors of variance 1 in its weights (`MapRounding.energy`): where bits
   * are worth most. Without it each map counts like one whose inputs have a sum of squares of 1.
   */
  readonly roundingEnergies?: readonly number[];
  /** Fixed by an encrypted dataset that exists already. */
  readonly given?: { readonly parameters: CkksParameters; readonly inputScale: number };
}

/**
 * A bound for any of 10^5 values, some 50 times the deviation: at 0.2, errors of logits that span tens to hundreds are
 * thousandths, and only decisions that were ties can move.
 */
export const DEFAULT_TARGET_ERROR = 0.2;

/**
 * Logits that span more may err by more: what moves a decision is the error as a share of their gaps. 2^-8 of the
 * largest as the bound is some 10^-4 of it as the deviation.
 */
const RELATIVE_TARGET_ERROR = 2 ** -8;

/**
 * A dataset that is encrypted already cannot be given a better scale: its plan may err by twice as much. At a bound of 0.4
 * the deviation is 0.01, within which some one decision in 10^4 lies (the margins in reports show how many do).
 */
const GIVEN_SLACK = 2;

/** At 4 bits of nearest integers accuracy fell by up to 5 points on Fashion-MNIST: the planner does not go below 6. */
const MIN_PLANNED_BITS = 6;

/** Each bit more halves the length of the sums that an int32 holds; 10, the format's most, were not tried. */
const MAX_PLANNED_BITS = 9;

/** Plans that err by so much more than the best are as good, if their results are smaller. */
const AS_GOOD = 1.25;

/** Values on private data may exceed those on the public calibration set: one bit is kept free. */
const HEADROOM_BITS = 1;

/** Gaussian quantile for 10^5 values at 99.9 %: √(2 ln 10^8) ≈ 6.1. */
const QUANTILE = 6.1;

/** Input scales are powers of two, 2^10 (below the noise) to 2^30. */
const INPUT_SCALE_BITS = Array.from({ length: 21 }, (_, i) => 30 - i);

/** Candidate sets, cheapest first: bytes and multiply-adds an image grow with the number of data primes only. */
function candidates(): CkksParameters[] {
  const sets: CkksParameters[] = [];
  for (let count = 2; count <= 6; count++) {
    for (const ringDegree of [4096, 8192, 16384]) {
      const allowed = MAX_LOG_QP_128[ringDegree] ?? 0;
      const bits = Math.min(30, Math.floor((allowed - 22) / count));
      if (bits < 25) continue;
      const special = Math.min(30, allowed - count * bits);
      sets.push(createParameters(ringDegree, new Array<number>(count).fill(bits), special));
    }
  }
  return sets;
}

/** All ways to place rescales: none after the first map of several, none to two in the middle, any at the end. */
function rescalePatterns(maps: number, primes: number): number[][] {
  const patterns: number[][] = [];
  const extend = (prefix: number[], left: number): void => {
    if (prefix.length === maps) {
      patterns.push(prefix);
      return;
    }
    const isLast = prefix.length === maps - 1;
    const most = isLast ? left - 1 : prefix.length === 0 ? 0 : Math.min(2, left - 1);
    // Most rescales first: fewer primes in the result are fewer bytes to download.
    for (let r = most; r >= 0; r--) extend([...prefix, r], left - r);
  };
  extend([], primes);
  return patterns;
}

interface Attempt {
  readonly plan?: Plan;
  /** Bits by which the tightest modulus was missed (positive), or the error bound when it was too large. */
  readonly missedBits: number;
  readonly errorBound: number;
}

function logProduct(primes: readonly number[]): number {
  return primes.reduce((sum, p) => sum + Math.log2(p), 0);
}

interface WeightChoice {
  readonly bits: number;
  readonly weightScale: number;
  /** Of a logit, from rounding this map's weights: a step of 1/scale has the variance 1/12 of its square. */
  readonly variance: number;
}

/** Every choice of bits for each map; the widest first. */
function weightChoices(
  circuit: Circuit,
  calibration: Calibration,
  energies: readonly number[] | undefined,
): WeightChoice[][] {
  return circuit.maps.reduce<WeightChoice[][]>(
    (combinations, map, i) => {
      const choices: WeightChoice[] = [];
      for (let bits = MAX_PLANNED_BITS; bits >= MIN_PLANNED_BITS; bits--) {
        const weightScale = (2 ** (bits - 1) - 1) / (largestWeight(map) || 1);
        const variance = ((energies?.[i] ?? 1) * (calibration.meanGains[i + 1] ?? 0) ** 2) / (12 * weightScale ** 2);
        choices.push({ bits, weightScale, variance });
      }
      return combinations.flatMap((before) => choices.map((choice) => [...before, choice]));
    },
    [[]],
  );
}

/** The plan that errs least, rounding and noise together; among those as good, the one with the smallest result. */
function bestOf(plans: readonly Plan[]): Plan | undefined {
  const total = (plan: Plan): number => Math.hypot(plan.predictedError.deviation, plan.roundingDeviation);
  const least = plans.reduce((smallest, plan) => Math.min(smallest, total(plan)), Infinity);
  return plans
    .filter((plan) => total(plan) <= AS_GOOD * least)
    .reduce<Plan | undefined>((best, plan) => {
      const isBetter =
        best === undefined ||
        plan.resultPrimes < best.resultPrimes ||
        (plan.resultPrimes === best.resultPrimes && total(plan) < total(best));
      return isBetter ? plan : best;
    }, undefined);
}

/** One combination: do the values fit the modulus at every rescale and at the end, and how large is the error? */
function attempt(
  circuit: Circuit,
  calibration: Calibration,
  parameters: CkksParameters,
  mode: EncryptionMode,
  inputScale: number,
  weights: readonly WeightChoice[],
  rescales: readonly number[],
): Attempt {
  const choices = weights.map(({ weightScale }, i) => ({ weightScale, rescales: rescales[i] ?? 0 }));
  const scales = deriveScales(parameters.primes, inputScale, choices);
  const fresh = freshNoise(parameters, mode);
  const inputGain = (calibration.gains[0] ?? 0) / inputScale;
  let mean = fresh.mean * inputGain ** 2;
  let worst = fresh.worst * inputGain ** 2;
  let missedBits = -Infinity;
  let primesBefore = parameters.primes.length;
  const maps: MapPlan[] = scales.map(({ before, after, primesLeft }, i) => {
    // At least 1: SEAL refuses a scale above the modulus, however small the values are.
    const values = Math.max(calibration.maxAbs[i] ?? 0, 1);
    const room = (primes: number, scale: number): number =>
      logProduct(parameters.primes.slice(0, primes)) - 1 - Math.log2(values * scale);
    const { weightScale, rescales: drops } = choices[i] ?? { weightScale: 1, rescales: 0 };
    const isLast = i === scales.length - 1;
    // In between, sums may wrap: only what a rescale divides and what is decrypted must be the true integer.
    const headroom = Math.min(
      drops > 0 ? room(primesBefore, before) : Infinity,
      isLast ? room(primesLeft, after) : Infinity,
    );
    missedBits = Math.max(missedBits, HEADROOM_BITS - headroom);
    if (drops > 0) {
      const noise = rescaleNoise(parameters.ringDegree, componentsAfter(i));
      const gain = (calibration.gains[i + 1] ?? 0) / after;
      mean += noise.mean * gain ** 2;
      worst += noise.worst * gain ** 2;
    }
    primesBefore = primesLeft;
    return {
      weightBits: weights[i]?.bits ?? 0,
      weightScale,
      rescales: drops,
      scaleBefore: before,
      scaleAfter: after,
      headroomBits: Math.min(headroom, 999),
    };
  });
  const last = scales.at(-1);
  const errorBound = QUANTILE * Math.sqrt(worst);
  if (last === undefined || missedBits > 0) return { missedBits, errorBound };
  const needed = Math.log2(Math.max(calibration.maxAbs.at(-1) ?? 1, 1)) + Math.log2(last.after) + 1 + HEADROOM_BITS;
  let resultPrimes = last.primesLeft;
  while (resultPrimes > 1 && logProduct(parameters.primes.slice(0, resultPrimes - 1)) >= needed) resultPrimes--;
  const plan: Plan = {
    parameters,
    mode,
    inputScale,
    maps,
    resultPrimes,
    resultScale: last.after,
    predictedError: { deviation: Math.sqrt(mean), bound: errorBound },
    roundingDeviation: Math.sqrt(weights.reduce((sum, { variance }) => sum + variance, 0)),
  };
  return { plan, missedBits, errorBound };
}

/** Of two attempts that failed: fitting the modulus comes first, then the precision. */
function isNearer(tried: Attempt, closest: Attempt): boolean {
  const fits = tried.missedBits <= 0;
  if (fits !== closest.missedBits <= 0) return fits;
  return fits ? tried.errorBound < closest.errorBound : tried.missedBits < closest.missedBits;
}

/**
 * Finds the cheapest parameters, scales, weight bits of each map and rescale points that keep every logit's error
 * below the target, at 128-bit security; under them, the plan that errs least; or, for an encrypted dataset that exists,
 * the best plan under its parameters.
 *
 * @throws UnsupportedError that says which bound was hit: too many squares, the modulus, or the precision
 */
export function planCircuit(circuit: Circuit, calibration: Calibration, options: PlanOptions): Plan {
  const squares = squaresOf(circuit);
  const where = `circuit ${circuit.name}`;
  if (squares > 2) {
    throw new UnsupportedError(`${squares} squares`, {
      where,
      hint: 'use at most two: ciphertexts grow to 2^squares + 1 components',
    });
  }
  const { maxAbs, gains, meanGains } = calibration;
  const maps = circuit.maps.length;
  const energies = options.roundingEnergies?.length ?? maps;
  if (maxAbs.length !== maps || gains.length !== maps + 1 || meanGains.length !== maps + 1 || energies !== maps) {
    throw new InputError('the calibration belongs to another circuit', { where });
  }
  const largestLogit = calibration.maxAbs.at(-1) ?? 0;
  const target = options.targetError ?? Math.max(DEFAULT_TARGET_ERROR, RELATIVE_TARGET_ERROR * largestLogit);
  const tolerated = options.given === undefined || options.targetError !== undefined ? target : GIVEN_SLACK * target;
  const sets = options.given === undefined ? candidates() : [options.given.parameters];
  const scales = options.given === undefined ? INPUT_SCALE_BITS.map((b) => 2 ** b) : [options.given.inputScale];
  const weights = weightChoices(circuit, calibration, options.roundingEnergies);
  let closest: { attempt: Attempt; parameters: CkksParameters } | undefined;
  for (const parameters of sets) {
    const fitting: Plan[] = [];
    for (const pattern of rescalePatterns(circuit.maps.length, parameters.primes.length)) {
      for (const inputScale of scales) {
        for (const choice of weights) {
          const tried = attempt(circuit, calibration, parameters, options.mode, inputScale, choice, pattern);
          if (tried.plan !== undefined && tried.errorBound <= tolerated) fitting.push(tried.plan);
          if (closest === undefined || isNearer(tried, closest.attempt)) closest = { attempt: tried, parameters };
        }
      }
    }
    const best = bestOf(fitting.filter(({ predictedError }) => predictedError.bound <= target)) ?? bestOf(fitting);
    if (best !== undefined) return Object.freeze(best);
  }
  const reason =
    closest === undefined
      ? 'no parameter set was tried'
      : closest.attempt.missedBits > 0
        ? `values exceed the modulus by ${closest.attempt.missedBits.toFixed(1)} bits`
        : `the error bound of a logit is ${closest.attempt.errorBound.toPrecision(2)}, the target ${tolerated.toPrecision(2)}`;
  const set = closest === undefined ? '' : ` under ${describeParameters(closest.parameters)}`;
  throw new UnsupportedError(`no plan: ${reason}${set}`, {
    where,
    hint: 'train with smaller weights and activations, use fewer squares, or accept a larger target error',
  });
}
