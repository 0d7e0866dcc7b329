import { type Reliability, reliabilityOf } from './calibration.js';
import { decisionsOf } from './decisions.js';
import { tallyOf } from './memberships.js';
import {
  type IntervalMethod,
  type Resampling,
  type ResamplingOptions,
  bootstrap,
  estimates,
  isAffordable,
  normalInterval,
  percentileInterval,
  resamplingOf,
} from './resampling.js';
import { f1Of, precisionOf, recallOf } from './scores.js';
import type { Statistic } from './statistic.js';
import { statisticsOf } from './statistics.js';
import { type Predictions, categoriesOf } from './task.js';
import { checkPredictions, nameOfCategory } from './validate.js';
import { wilsonInterval } from './wilson.js';

/** Beyond it a confusion matrix is left out: a million cells are nothing to read or to send. */
const MAX_CONFUSION_CLASSES = 256;

/** Precision, recall and F1 of one class or label. */
export interface CategoryScores {
  readonly name: string;
  /** Examples that truly have it. */
  readonly support: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Metrics by their names in reports; a metric is either in `metrics` or in `undefinedMetrics`. */
export interface Evaluation {
  readonly count: number;
  readonly metrics: Record<string, number>;
  /** 95 % */
  readonly intervals: Record<string, [low: number, high: number]>;
  readonly intervalMethods: Record<string, IntervalMethod>;
  readonly perClass?: readonly CategoryScores[];
  /** [true][decided] for classes, up to 256 of them. */
  readonly confusion?: number[][];
  readonly reliability?: Reliability;
  /** Why a metric cannot be had of these examples or outputs. */
  readonly undefinedMetrics: Record<string, string>;
}

type Figures = Pick<Evaluation, 'metrics' | 'intervals' | 'intervalMethods' | 'undefinedMetrics'>;

/** Metrics and intervals of statistics by resampling, or by influences where that reads too much. */
function sampledFigures(statistics: readonly Statistic[], count: number, resampling: Resampling, into: Figures): void {
  const values = estimates(statistics);
  const affordable = isAffordable(statistics, count, resampling);
  const samples = affordable ? bootstrap(statistics, count, resampling) : undefined;
  let at = 0;
  for (const statistic of statistics) {
    // One statistic's influences at a time: an array as long as the examples for each of its metrics.
    const influences = affordable ? undefined : statistic.influences();
    statistic.metrics.forEach(({ name, range, undefinedBecause }, m) => {
      const value = values[at]!;
      const sample = samples?.[at];
      at++;
      if (undefinedBecause !== undefined) {
        into.undefinedMetrics[name] = undefinedBecause;
        return;
      }
      into.metrics[name] = value;
      const interval =
        sample === undefined ? normalInterval(value, influences![m]!, range) : percentileInterval(value, sample);
      if (interval === undefined) return;
      into.intervals[name] = interval;
      into.intervalMethods[name] = sample === undefined ? 'jackknife' : 'bootstrap';
    });
  }
}

function confusionOf({ targets, task }: Predictions, decisions: Int32Array): number[][] {
  const classes = categoriesOf(task);
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < decisions.length; i++) counts[targets[i]!]![decisions[i]!]! += 1;
  return counts;
}

/** `evaluateMetrics` within a bound of work of its own, of predictions that are checked already. */
export function evaluateChecked(predictions: Predictions, count: number, resampling: Resampling): Evaluation {
  const { task } = predictions;
  const decisions = task.kind === 'regression' ? undefined : decisionsOf(predictions);
  const { proportions, others, absent, memberships, claims } = statisticsOf(predictions, decisions, count);
  const figures: Figures = { metrics: {}, intervals: {}, intervalMethods: {}, undefinedMetrics: {} };
  for (const { name, values } of proportions) {
    let hits = 0;
    for (let i = 0; i < count; i++) hits += values[i]!;
    figures.metrics[name] = hits / count;
    figures.intervals[name] = wilsonInterval(hits, count);
    figures.intervalMethods[name] = 'wilson';
  }
  sampledFigures(others, count, resampling, figures);
  for (const { name, undefinedBecause } of absent) figures.undefinedMetrics[name] = undefinedBecause;
  const ofClasses = task.kind === 'multiclass' || task.kind === 'binary';
  const tally = memberships && tallyOf(memberships, undefined);
  return {
    count,
    ...figures,
    ...(tally && {
      perClass: Array.from({ length: categoriesOf(task) }, (_, c) => ({
        name: nameOfCategory(predictions, c),
        support: tally.support[c]!,
        precision: precisionOf(tally, c),
        recall: recallOf(tally, c),
        f1: f1Of(tally, c),
      })),
    }),
    ...(decisions && ofClasses && categoriesOf(task) <= MAX_CONFUSION_CLASSES
      ? { confusion: confusionOf(predictions, decisions) }
      : {}),
    ...(claims && { reliability: reliabilityOf(claims) }),
  };
}

/**
 * The metrics of a task by scikit-learn's definitions, each with a 95 % interval: Wilson's for shares of examples, for the
 * others the percentile bootstrap over examples, or a normal interval where resampling would read more than 300
 * million entries (`intervalMethods` says which).
 *
 * Classes and binary: `accuracy`, `balancedAccuracy`, `precisionMacro`, `recallMacro`, `f1Macro` and `…Micro`, `rocAuc`,
 * `prAuc` (classes: one against the rest, the mean over them), `logLoss`, `brier`, `calibrationError`; classes `top2`,
 * `top3`, `top5` where there are more; binary `precision`, `recall`, `f1` of a 1. Labels: the same without balanced
 * accuracy. Regression: `mae`, `rmse`, `r2`.
 *
 * @throws InputError, UnsupportedError for predictions that do not fit their task, and options out of range
 */
export function evaluateMetrics(predictions: Predictions, options: ResamplingOptions = {}): Evaluation {
  const resampling = resamplingOf(options);
  return evaluateChecked(predictions, checkPredictions(predictions), resampling);
}
