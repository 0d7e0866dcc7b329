import { type CkksParameters, type EncryptionMode, type RingName, describeParameters } from '@ciphernet/ckks';
import { InputError, UnsupportedError, elementAt, lastOf } from '@ciphernet/foundation';
import { type Attempt, attempt, isNearer } from './attempt.js';
import type { Calibration } from './calibrate.js';
import { INPUT_SCALES, type WeightChoice, parameterSets, rescalePatterns, weightChoices } from './candidates.js';
import { type Circuit, squaresOf } from './circuit.js';
import { evaluateCircuit } from './evaluate-circuit.js';
import { type Plan, gapBits } from './plan.js';
import { AS_GOOD, cheaperRing, errsNegligibly, totalDeviation } from './ring-choice.js';

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
  /**
   * Prefer plans that an auditor can check, without a rescale (the default); `never` takes the cheapest, `only` refuses where
   * there is none.
   */
  readonly verifiable?: 'prefer' | 'never' | 'only';
  /** The ring to plan for, where nothing fixes it. Without it: the conjugate-invariant one where that costs no accuracy. */
  readonly ring?: RingName | undefined;
  /**
   * Spend primes until rounding and noise move next to no decision, for models whose answers are to be their own: the cheapest set
   * whose plan errs by so little, else one that errs least, or nearly so.
   */
  readonly precise?: boolean;
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
 * A dataset that is encrypted already cannot be given a better scale: its plan may err by four times as much. At a bound of 0.8
 * the deviation is 0.02, within which some two decisions in 10^4 lie (the margins in reports show how many do). With twice as much one
 * of 30 epochs of a network on Fashion-MNIST had no plan.
 */
const GIVEN_SLACK = 4;

/**
 * Gaps of verifiable plans, bits: how far a forgery must reach before it can stay within the bound of all slots
 * (docs/verification.md). At 12 an audit needs 64 positions a prime, at 8 some 90. Of plans that err alike the widest gap is
 * taken: at 14.5 it is 52.
 */
const GAPS: readonly number[] = [12, 8];

/**
 * A wider gap is bought with a smaller input scale, four bits of it for one of noise where there are two squares; rounding the
 * weights errs by more than the noise all the same.
 */
const VERIFIABLE_SLACK = 3;

/**
 * With the public key the bound is of the worst slot, where the secret is largest: in the conjugate-invariant ring its square is 28
 * times its mean there, not 16, and the mean of the noise is 1.5 bits more: 3.7 times in all. What moves decisions is the deviation over all slots, which
 * stays some thousandth of the largest logit (docs/parameters.md has the accuracies).
 */
const INVARIANT_SLACK = 4;

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

/**
 * Negative where `a` is the better one of two plans that err alike: the one with the smaller result, then with the wider gap, of which
 * an audit needs fewer positions, then with the smaller error. Precise plans give no error away for a gap.
 */
function compareAlike(a: Plan, b: Plan, isPrecise: boolean): number {
  const gap = (plan: Plan): number => (isPrecise || plan.slotBound === undefined ? 0 : gapBits(plan));
  return a.resultPrimes - b.resultPrimes || gap(b) - gap(a) || totalDeviation(a) - totalDeviation(b);
}

/** The best of the plans that err as little as the one that errs least, rounding and noise together. */
function bestOf(plans: readonly Plan[], isPrecise: boolean): Plan | undefined {
  const least = plans.reduce((smallest, plan) => Math.min(smallest, totalDeviation(plan)), Infinity);
  return plans
    .filter((plan) => totalDeviation(plan) <= AS_GOOD * least)
    .sort((a, b) => compareAlike(a, b, isPrecise))[0];
}

/** Features of data that is not bounded by 1 may exceed those of the calibration fourfold. */
const INPUT_HEADROOM = 4;
/** Scaled features are integers of 30 bits with their sign, what an encryptor takes. */
const MOST_SCALED = 2 ** 30;

/** Scales at which features have room. */
function scalesFor({ largestInput }: Calibration): readonly number[] {
  if (largestInput === undefined) return INPUT_SCALES;
  return INPUT_SCALES.filter((scale) => scale * largestInput * INPUT_HEADROOM <= MOST_SCALED);
}

/** Tries every rescale pattern, input scale and choice of weight bits under one parameter set. */
function trySet(
  search: {
    readonly calibration: Calibration;
    readonly options: PlanOptions;
    readonly weights: readonly (readonly WeightChoice[])[];
    readonly tolerated: number;
    /** For verifiable plans: see {@link Combination.gapBits}. */
    readonly gapBits?: number;
  },
  parameters: CkksParameters,
): SetResult {
  const { calibration, options, tolerated, gapBits } = search;
  const { mode, given } = options;
  const scales = given === undefined ? scalesFor(calibration) : [given.inputScale];
  const fitting: Plan[] = [];
  let closest: Attempt | undefined;
  const maps = calibration.maxAbs.length;
  const patterns =
    gapBits !== undefined ? [new Array<number>(maps).fill(0)] : rescalePatterns(maps, parameters.primes.length);
  for (const rescales of patterns) {
    for (const inputScale of scales) {
      for (const weights of search.weights) {
        const tried = attempt({
          calibration,
          mode,
          parameters,
          inputScale,
          weights,
          rescales,
          ...(gapBits === undefined ? {} : { gapBits }),
        });
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

/** The calibration with what an unused slot gives, which is the circuit's answer to zeros, among the logits. */
function withUnusedSlots(circuit: Circuit, calibration: Calibration): Calibration {
  const answer = evaluateCircuit(circuit, new Float32Array(elementAt(circuit.maps, 0).inputs));
  const largest = answer.reduce((most, value) => Math.max(most, Math.abs(value)), lastOf(calibration.maxAbs));
  return { ...calibration, maxAbs: [...calibration.maxAbs.slice(0, -1), largest] };
}

/** A precise plan errs by at most this share of the largest logit: a decision in some thousand is as close. */
const PRECISE = 2 ** -12;

type Search = Parameters<typeof trySet>[0];

/** The best plan of the cheapest parameter set of a ring that has one, or the attempt that came closest. */
function searchSets(
  search: Search,
  target: number,
  gaps: readonly (number | undefined)[],
  ring: RingName,
): Plan | ClosestAttempt | undefined {
  const { given, mode, targetError } = search.options;
  const isSlack = ring === 'conjugate-invariant' && mode === 'public' && targetError === undefined;
  const slack = isSlack ? INVARIANT_SLACK : 1;
  const inRing = { ...search, tolerated: slack * search.tolerated };
  const isPrecise = search.options.precise === true;
  const enough = isPrecise ? PRECISE * lastOf(search.calibration.maxAbs) : Infinity;
  let least: Plan | undefined;
  let closest: ClosestAttempt | undefined;
  for (const parameters of given === undefined ? parameterSets(ring) : [given.parameters]) {
    for (const gapBits of gaps) {
      const { fitting, closest: tried } = trySet(gapBits === undefined ? inRing : { ...inRing, gapBits }, parameters);
      const best =
        bestOf(
          fitting.filter(({ predictedError }) => predictedError.bound <= slack * target),
          isPrecise,
        ) ?? bestOf(fitting, isPrecise);
      if (best !== undefined && totalDeviation(best) <= enough) return Object.freeze(best);
      if (best !== undefined && (least === undefined || AS_GOOD * totalDeviation(best) < totalDeviation(least)))
        least = best;
      if (tried !== undefined && (closest === undefined || isNearer(tried, closest.tried))) {
        closest = { tried, parameters };
      }
    }
  }
  return least === undefined ? closest : Object.freeze(least);
}

/** In the ring that is asked for, or given; else in the cheaper one where it costs no accuracy. */
function searchRings(
  search: Search,
  target: number,
  gaps: readonly (number | undefined)[],
): Plan | ClosestAttempt | undefined {
  const { given, ring = given?.parameters.ring } = search.options;
  if (ring !== undefined) return searchSets(search, target, gaps, ring);
  const largest = lastOf(search.calibration.maxAbs);
  const invariant = searchSets(search, target, gaps, 'conjugate-invariant');
  // The standard ring's search, as long as this one, would change nothing.
  if (isPlan(invariant) && errsNegligibly(invariant, largest)) return invariant;
  const standard = searchSets(search, target, gaps, 'standard');
  if (!isPlan(invariant) || !isPlan(standard)) return isPlan(invariant) ? invariant : standard;
  return cheaperRing(invariant, standard, largest);
}

const isPlan = (found: Plan | ClosestAttempt | undefined): found is Plan => found !== undefined && 'maps' in found;

/**
 * Finds the cheapest parameters, scales, weight bits of each map and rescale points that keep every logit's error
 * below the target, at 128-bit security; under them, the plan that errs least; or, for an encrypted dataset that exists,
 * the best plan under its parameters. Plans that an auditor can check come first, unless the options say otherwise.
 *
 * @param calibration of this circuit
 * @throws InputError when calibration or rounding energies belong to another circuit
 * @throws UnsupportedError that says which bound was hit: too many squares, the modulus, or the precision
 */
export function planCircuit(circuit: Circuit, calibration: Calibration, options: PlanOptions): Plan {
  checkRequest(circuit, calibration, options);
  const { target, tolerated } = limitsOf(calibration, options);
  const weights = weightChoices(circuit, calibration, options.roundingEnergies);
  const wish = options.verifiable ?? 'prefer';
  const base = { options, weights, tolerated };
  if (wish !== 'never') {
    const whole = withUnusedSlots(circuit, calibration);
    const verifiable = { ...base, tolerated: Math.max(tolerated, VERIFIABLE_SLACK * target), calibration: whole };
    const found = searchRings(verifiable, target, GAPS);
    if (isPlan(found)) return found;
    if (wish === 'only') throw noPlan(found, tolerated, `circuit ${circuit.name}`);
  }
  const found = searchRings({ ...base, calibration }, target, [undefined]);
  if (isPlan(found)) return found;
  throw noPlan(found, tolerated, `circuit ${circuit.name}`);
}
