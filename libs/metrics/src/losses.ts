import { logSumExp } from './probabilities.js';
import { type Mean, SHARE } from './statistic.js';
import type { Predictions } from './task.js';

/**
 * The largest loss of one decision, in nats: −ln 2^−52, which scikit-learn's clipping of doubles to 2^−52 gives, so that
 * one certain mistake does not make the mean infinite.
 */
const MAX_LOSS = 52 * Math.LN2;

const bounded = (loss: number): number => Math.min(MAX_LOSS, Math.max(0, loss));

/** −ln of the logistic function at z: from e^−|z|, which does not overflow. */
const softplus = (z: number): number => Math.max(0, -z) + Math.log1p(Math.exp(-Math.abs(z)));

/** −ln of the probability of what is true, by example; of labels, the mean over them. */
function logLosses(
  { task, link, outputs, width, targets }: Predictions,
  values: Float64Array,
  count: number,
): Float64Array {
  const exclusive = task.kind === 'multiclass' || width === 2;
  const losses = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    if (exclusive && link === 'softmax') {
      losses[i] = bounded(logSumExp(outputs, i * width, width) - outputs[i * width + targets[i]!]!);
    } else if (task.kind === 'multiclass') {
      losses[i] = bounded(-Math.log(values[i * width + targets[i]!]!));
    } else {
      const labels = task.kind === 'multilabel' ? width : 1;
      let sum = 0;
      for (let at = i * labels; at < (i + 1) * labels; at++) {
        const sign = targets[at] === 1 ? 1 : -1;
        const p = targets[at] === 1 ? values[at]! : 1 - values[at]!;
        sum += bounded(link === 'sigmoid' ? softplus(sign * outputs[at]!) : -Math.log(p));
      }
      losses[i] = sum / labels;
    }
  }
  return losses;
}

/** Squared distances of probabilities from the truth, by example; of labels, the mean over them. */
function squaredErrors({ task, targets, width }: Predictions, values: Float64Array, count: number): Float64Array {
  const errors = new Float64Array(count);
  const each = values.length / count;
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let c = 0; c < each; c++) {
      const truth = task.kind === 'multiclass' ? (targets[i] === c ? 1 : 0) : targets[i * each + c]!;
      sum += (values[i * each + c]! - truth) ** 2;
    }
    errors[i] = task.kind === 'multilabel' ? sum / width : sum;
  }
  return errors;
}

/**
 * `logLoss` in nats, at most 52 ln 2 an example, and `brier`: for binary tasks and labels the mean (p − y)², from 0 to 1;
 * for classes Brier's sum over them, from 0 to 2.
 *
 * @param values the probabilities of `probabilitiesOf`
 */
export function lossMeans(predictions: Predictions, values: Float64Array, count: number): Mean[] {
  return [
    { name: 'logLoss', range: [0, MAX_LOSS], values: logLosses(predictions, values, count) },
    {
      name: 'brier',
      range: predictions.task.kind === 'multiclass' ? [0, 2] : SHARE,
      values: squaredErrors(predictions, values, count),
    },
  ];
}
