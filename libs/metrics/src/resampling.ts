import { InputError } from '@ciphernet/foundation';
import { resample, stateOf } from './generator.js';
import type { Metric, Statistic, Weights } from './statistic.js';
import { NORMAL_975 } from './wilson.js';

/**
 * Entries that resampling may read for one evaluation: two or three seconds. Beyond it intervals come of the infinitesimal
 * jackknife (Efron 1982), to which the bootstrap tends and which costs one pass.
 */
export const MAX_VISITS = 3e8;

/** How an interval was found. */
export type IntervalMethod = 'wilson' | 'bootstrap' | 'jackknife';

export interface ResamplingOptions {
  /** A whole number from 0; the same one gives the same intervals of the same examples in the same order. Default 1. */
  readonly seed?: number;
  /** 100 … 100,000; default 1,000. */
  readonly resamples?: number;
  /** The only one there is. */
  readonly confidence?: 0.95;
}

export interface Resampling {
  readonly seed: number;
  readonly resamples: number;
  /** Entries that may be read. */
  readonly visits: number;
}

/** @throws InputError for options out of range */
export function resamplingOf({ seed = 1, resamples = 1000 }: ResamplingOptions = {}, visits = MAX_VISITS): Resampling {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new InputError(`seed ${seed}`, { where: 'seed', hint: 'a whole number from 0 to 2^53 − 1' });
  }
  if (!Number.isInteger(resamples) || resamples < 100 || resamples > 100_000) {
    throw new InputError(`${resamples} resamples`, { where: 'resamples', hint: 'a whole number from 100 to 100,000' });
  }
  return { seed, resamples, visits };
}

/** All metrics of all statistics with every example counting once. */
export function estimates(statistics: readonly Statistic[]): Float64Array {
  return evaluator(statistics)(undefined);
}

/** Evaluates statistics one after the other into one array. */
function evaluator(statistics: readonly Statistic[]): (weights: Weights) => Float64Array {
  const starts: number[] = [];
  let length = 0;
  for (const { metrics } of statistics) {
    starts.push(length);
    length += metrics.length;
  }
  return (weights) => {
    const values = new Float64Array(length);
    statistics.forEach((statistic, s) => {
      statistic.evaluate(weights, values, starts[s]!);
    });
    return values;
  };
}

/** Whether resampling reads no more than allowed: one draw, one clearing and the statistics' entries a resample. */
export function isAffordable(
  statistics: readonly Statistic[],
  count: number,
  { resamples, visits }: Resampling,
): boolean {
  return resamples * statistics.reduce((sum, statistic) => sum + statistic.visits, 2 * count) <= visits;
}

/** @returns for each metric its value in every resample */
export function bootstrap(
  statistics: readonly Statistic[],
  count: number,
  { seed, resamples }: Resampling,
): Float64Array[] {
  const evaluate = evaluator(statistics);
  const state = stateOf(seed);
  const [weights, words] = [new Uint32Array(count), new Uint32Array(count)];
  const samples = statistics.flatMap(({ metrics }) => metrics).map(() => new Float64Array(resamples));
  for (let r = 0; r < resamples; r++) {
    resample(state, weights, words);
    evaluate(weights).forEach((value, m) => (samples[m]![r] = value));
  }
  return samples;
}

/** A share of sorted values lies below it; between two of them linearly, as NumPy's default. */
function quantile(sorted: Float64Array, share: number): number {
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return below + (above - below) * (at - Math.floor(at));
}

/**
 * The middle 95 % of resampled values (Efron 1979). Undefined ones do not count, and where resampling is biased, as of
 * calibration errors near 0, the interval reaches to the estimate.
 *
 * @returns undefined where no resample has a value
 */
export function percentileInterval(estimate: number, samples: Float64Array): [low: number, high: number] | undefined {
  const sorted = samples.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0) return undefined;
  return [Math.min(estimate, quantile(sorted, 0.025)), Math.max(estimate, quantile(sorted, 0.975))];
}

/**
 * estimate ± 1.96 standard errors within the metric's range. The standard error is the root of the sum of squared
 * derivatives by the examples' weights; for `rocAuc` it is DeLong's but for 1/n in place of 1/(n − 1).
 */
export function normalInterval(
  estimate: number,
  influence: Float64Array,
  [least, most]: Metric['range'],
): [low: number, high: number] {
  let squares = 0;
  for (let i = 0; i < influence.length; i++) squares += influence[i]! * influence[i]!;
  const half = NORMAL_975 * Math.sqrt(squares);
  return [Math.max(least, estimate - half), Math.min(most, estimate + half)];
}
