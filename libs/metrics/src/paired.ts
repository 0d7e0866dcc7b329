import { InputError } from '@ciphernet/foundation';
import { decisionsOf } from './decisions.js';
import {
  type IntervalMethod,
  type ResamplingOptions,
  bootstrap,
  estimates,
  isAffordable,
  normalInterval,
  percentileInterval,
  resamplingOf,
} from './resampling.js';
import { type Metric, type Statistic, meanStatistic } from './statistic.js';
import { statisticsOf } from './statistics.js';
import { type Predictions, categoriesOf } from './task.js';
import { checkPredictions } from './validate.js';

/** One metric of two models on the same examples. */
export interface MetricDifference {
  readonly first: number;
  readonly second: number;
  /** second − first */
  readonly difference: number;
  /** 95 % of the difference; the models differ beyond chance where it does not hold 0. */
  readonly interval: [low: number, high: number];
  readonly method: IntervalMethod;
}

export interface PairedComparison {
  readonly differences: Record<string, MetricDifference>;
  /** Why a metric cannot be had of one of the models, or of these examples. */
  readonly undefinedMetrics: Record<string, string>;
}

interface Side {
  readonly statistics: readonly Statistic[];
  readonly metrics: readonly Metric[];
  readonly absent: Record<string, string>;
}

function sideOf(predictions: Predictions, count: number, wanted: ReadonlySet<string> | undefined): Side {
  const decisions = predictions.task.kind === 'regression' ? undefined : decisionsOf(predictions);
  const { proportions, others, absent } = statisticsOf(predictions, decisions, count);
  const statistics = [meanStatistic(count, proportions), ...others].filter(
    ({ metrics }) => wanted === undefined || metrics.some(({ name }) => wanted.has(name)),
  );
  const metrics = statistics.flatMap((statistic) => statistic.metrics);
  const reasons = [...metrics, ...absent].flatMap(({ name, undefinedBecause }) =>
    undefinedBecause === undefined ? [] : [[name, undefinedBecause]],
  );
  return { statistics, metrics, absent: Object.fromEntries(reasons) as Record<string, string> };
}

function assertSameExamples(first: Predictions, second: Predictions): void {
  const sameTask = first.task.kind === second.task.kind && categoriesOf(first.task) === categoriesOf(second.task);
  const { targets } = second;
  if (sameTask && first.targets.length === targets.length && first.targets.every((t, at) => t === targets[at])) return;
  throw new InputError('the models were not evaluated on the same examples', {
    where: 'targets',
    hint: 'both need the same task and the same targets in the same order',
  });
}

/**
 * Differences of metrics between two models on the same examples, with 95 % intervals that take account of how their
 * errors go together: both are evaluated on the same resamples.
 *
 * @param options.metrics names to compare; all that both have where it is missing
 * @throws InputError for predictions that do not fit their task, on other examples, or for a name that the task has not
 */
export function pairedBootstrap(
  first: Predictions,
  second: Predictions,
  options: ResamplingOptions & { readonly metrics?: readonly string[] } = {},
): PairedComparison {
  const resampling = resamplingOf(options);
  const count = checkPredictions(first);
  checkPredictions(second);
  assertSameExamples(first, second);
  const wanted = options.metrics && new Set(options.metrics);
  const sides = [sideOf(first, count, wanted), sideOf(second, count, wanted)] as const;
  const undefinedMetrics: Record<string, string> = {};
  const names =
    wanted ??
    new Set(sides.flatMap(({ metrics, absent }) => [...metrics.map(({ name }) => name), ...Object.keys(absent)]));
  const compared: string[] = [];
  for (const name of names) {
    const because = sides[0].absent[name] ?? sides[1].absent[name];
    if (because !== undefined) undefinedMetrics[name] = because;
    else if (sides[0].metrics.some((metric) => metric.name === name)) compared.push(name);
    else throw new InputError(`this task has no metric ${name}`, { where: 'metrics', hint: 'see evaluateMetrics' });
  }
  const statistics = sides.flatMap((side) => side.statistics);
  const affordable = isAffordable(statistics, count, resampling);
  const values = estimates(statistics);
  const samples = affordable ? bootstrap(statistics, count, resampling) : undefined;
  const influences = affordable
    ? undefined
    : sides.map((side) => side.statistics.map((statistic) => statistic.influences()).flat());
  const differences = compared.map((name): [string, MetricDifference] => {
    const at = sides.map(({ metrics }) => metrics.findIndex((metric) => metric.name === name)) as [number, number];
    const [a, b] = [at[0], sides[0].metrics.length + at[1]];
    const [valueA, valueB] = [values[a]!, values[b]!];
    const difference = valueB - valueA;
    const interval =
      samples === undefined
        ? normalInterval(difference, minus(influences![1]![at[1]]!, influences![0]![at[0]]!), [-Infinity, Infinity])
        : percentileInterval(difference, minus(samples[b]!, samples[a]!));
    const method = samples === undefined ? 'jackknife' : 'bootstrap';
    return [name, { first: valueA, second: valueB, difference, interval: interval ?? [NaN, NaN], method }];
  });
  return { differences: Object.fromEntries(differences), undefinedMetrics };
}

const minus = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - b[i]!);
