import { type CkksParameters, type EncryptionMode, describeParameters } from '@ciphernet/ckks';
import { InputError, UnsupportedError, lastOf } from '@ciphernet/foundation';
import { type Attempt, attempt, isNearer } from './attempt.js';
import type { Calibration } from './calibrate.js';
import { INPUT_SCALES, type WeightChoice, parameterSets, rescalePatterns, weightChoices } from './candidates.js';
import { type Circuit, squaresOf } from './circuit.js';
import type { Plan } from './plan.js';

/** What a plan has to keep to. */
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

/** Plans that err by so much more than the best are as good, if their results are smaller. */
const AS_GOOD = 1.25;

/** Bounds of a logit's error: what is aimed at, and what is still accepted. */
interface ErrorLimits {
  readonly target: number;
  readonly tolerated: number;
}

interface ClosestAttempt {
  readonly tried: Attempt;
  readonly parameters: CkksParameters;
}

/** What trying all combinations under one parameter set gave. */
interface SetResult {
  /** Plans within the tolerated error. */
  readonly fitting: readonly Plan[];
  /** Absent when nothing was tried. */
  readonly closest?: Attempt;
}

function checkRequest(circuit: Circuit, calibration: Calibration, options: PlanOptions): void {
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
}

function limitsOf({ maxAbs }: Calibration, { targetError, given }: PlanOptions): ErrorLimits {
  const target = targetError ?? Math.max(DEFAULT_TARGET_ERROR, RELATIVE_TARGET_ERROR * lastOf(maxAbs));
  return { target, tolerated: given === undefined || targetError !== undefined ? target : GIVEN_SLACK * target };
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

/** Tries every rescale pattern, input scale and choice of weight bits under one parameter set. */
function trySet(
  search: {
    readonly calibration: Calibration;
    readonly options: PlanOptions;
    readonly weights: readonly (readonly WeightChoice[])[];
    readonly tolerated: number;
  },
  parameters: CkksParameters,
): SetResult {
  const { calibration, options, tolerated } = search;
  const { mode, given } = options;
  const scales = given === undefined ? INPUT_SCALES : [given.inputScale];
  const fitting: Plan[] = [];
  let closest: Attempt | undefined;
  for (const rescales of rescalePatterns(calibration.maxAbs.length, parameters.primes.length)) {
    for (const inputScale of scales) {
      for (const weights of search.weights) {
        const tried = attempt({ calibration, mode, parameters, inputScale, weights, rescales });
        if (tried.plan !== undefined && tried.errorBound <= tolerated) fitting.push(tried.plan);
        if (closest === undefined || isNearer(tried, closest)) closest = tried;
      }
    }
  }
  return { fitting, ...(closest === undefined ? {} : { closest }) };
}

/** The refusal, with the bound that the closest attempt hit. */
function noPlan(closest: ClosestAttempt | undefined, tolerated: number, where: string): UnsupportedError {
  const reason =
    closest === undefined
      ? 'no parameter set was tried'
      : closest.tried.missedBits > 0
        ? `values exceed the modulus by ${closest.tried.missedBits.toFixed(1)} bits`
        : `the error bound of a logit is ${closest.tried.errorBound.toPrecision(2)}, the target ${tolerated.toPrecision(2)}`;
  const set = closest === undefined ? '' : ` under ${describeParameters(closest.parameters)}`;
  return new UnsupportedError(`no plan: ${reason}${set}`, {
    where,
    hint: 'train with smaller weights and activations, use fewer squares, or accept a larger target error',
  });
}

/**
 * Finds the cheapest parameters, scales, weight bits of each map and rescale points that keep every logit's error
 * below the target, at 128-bit security; under them, the plan that errs least; or, for an encrypted dataset that exists,
 * the best plan under its parameters.
 *
 * @param calibration of this circuit
 * @throws InputError when calibration or rounding energies belong to another circuit
 * @throws UnsupportedError that says which bound was hit: too many squares, the modulus, or the precision
 */
export function planCircuit(circuit: Circuit, calibration: Calibration, options: PlanOptions): Plan {
  checkRequest(circuit, calibration, options);
  const { target, tolerated } = limitsOf(calibration, options);
  const weights = weightChoices(circuit, calibration, options.roundingEnergies);
  const search = { calibration, options, weights, tolerated };
  let closest: ClosestAttempt | undefined;
  for (const parameters of options.given === undefined ? parameterSets() : [options.given.parameters]) {
    const { fitting, closest: tried } = trySet(search, parameters);
    const best = bestOf(fitting.filter(({ predictedError }) => predictedError.bound <= target)) ?? bestOf(fitting);
    if (best !== undefined) return Object.freeze(best);
    if (tried !== undefined && (closest === undefined || isNearer(tried, closest.tried))) {
      closest = { tried, parameters };
    }
  }
  throw noPlan(closest, tolerated, `circuit ${circuit.name}`);
}
