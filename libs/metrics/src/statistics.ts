import { type Claims, calibrationStatistic, claimsOf } from './calibration.js';
import { lossMeans } from './losses.js';
import { type Memberships, membershipsOf } from './memberships.js';
import { type Probabilities, probabilitiesOf } from './probabilities.js';
import { proportionsOf } from './proportions.js';
import { rankingStatistic } from './ranking.js';
import { regressionStatistic } from './regression.js';
import { classScores, labelScores, microScores } from './scores.js';
import { type Mean, type Metric, type Statistic, meanStatistic } from './statistic.js';
import { type Predictions, categoriesOf, columnOf } from './task.js';
import { nameOfCategory } from './validate.js';

/** Everything that a task has metrics of. */
export interface TaskStatistics {
  /** Shares of examples: Wilson's interval. */
  readonly proportions: readonly Mean[];
  /** The others: resampling. */
  readonly others: readonly Statistic[];
  /** Metrics that these outputs do not give, and why. */
  readonly absent: readonly (Pick<Metric, 'name'> & { readonly undefinedBecause: string })[];
  readonly memberships?: Memberships;
  readonly claims?: Claims;
}

/** Classes rank by their probabilities, which compare across examples as logits do not; labels and 1 by their outputs. */
function ranking(predictions: Predictions, probabilities: Probabilities, count: number): Statistic {
  const { task, outputs, width, targets } = predictions;
  // Of each column as bytes, since targets are looked up in the order of the scores.
  const positives = (at: number, step: number, value: number): Uint8Array => {
    const found = new Uint8Array(count);
    for (let i = 0; i < count; i++) found[i] = targets[i * step + at] === value ? 1 : 0;
    return found;
  };
  if (task.kind === 'binary') {
    const margins = width === 1 ? outputs : columnOf(outputs, 1, 2);
    if (width === 2) for (let i = 0; i < count; i++) margins[i]! -= outputs[2 * i]!;
    const one = { name: nameOfCategory(predictions, 1), scores: margins, positives: positives(0, 1, 1) };
    return rankingStatistic(count, 1, () => one);
  }
  const isMulticlass = task.kind === 'multiclass';
  const values = isMulticlass && probabilities.kind === 'known' ? probabilities.values : outputs;
  return rankingStatistic(count, width, (c) => ({
    name: nameOfCategory(predictions, c),
    scores: columnOf(values, c, width),
    positives: isMulticlass ? positives(0, 1, c) : positives(c, width, 1),
  }));
}

/**
 * @param predictions checked already
 * @param decisions as `decisionsOf` gives them; none for a regression
 */
export function statisticsOf(
  predictions: Predictions,
  decisions: Int32Array | undefined,
  count: number,
): TaskStatistics {
  const { task } = predictions;
  if (decisions === undefined) {
    return { proportions: [], others: [regressionStatistic(predictions, count)], absent: [] };
  }
  const memberships = membershipsOf(predictions, decisions, count, categoriesOf(task));
  const scores =
    task.kind === 'multilabel'
      ? [labelScores(memberships), microScores(memberships)]
      : [classScores(memberships, task.kind === 'binary')];
  const proportions = proportionsOf(predictions, decisions, count);
  const probabilities = probabilitiesOf(predictions);
  const decided = [...scores, ranking(predictions, probabilities, count)];
  if (probabilities.kind === 'unknown') {
    const undefinedBecause = probabilities.because;
    const absent = ['logLoss', 'brier', 'calibrationError'].map((name) => ({ name, undefinedBecause }));
    return { proportions, others: decided, absent, memberships };
  }
  const claims = claimsOf(predictions, probabilities.values, count);
  const losses = meanStatistic(count, lossMeans(predictions, probabilities.values, count));
  return { proportions, others: [...decided, losses, calibrationStatistic(claims)], absent: [], memberships, claims };
}
