import { type Outputs, categoriesOf } from './task.js';
import { countOf } from './validate.js';

/** The first of the largest outputs of an example. */
export function largestOf(outputs: Float64Array, start: number, width: number): number {
  let best = 0;
  for (let c = 1; c < width; c++) if (outputs[start + c]! > outputs[start + best]!) best = c;
  return best;
}

/** What an output has to exceed to say yes: half as a probability, zero as a logit or score. */
export function thresholdOf({ link }: Outputs): number {
  return link === 'identity' ? 0.5 : 0;
}

/**
 * What the model decides: a class an example; 0 or 1 an example; or for multilabel tasks count × labels, each 0 or 1.
 * Of equal outputs the first class wins, and an output at the threshold says no.
 *
 * @throws RangeError for a regression, which decides nothing
 * @throws InputError, UnsupportedError for outputs that do not fit the task
 */
export function decisionsOf(predictions: Outputs): Int32Array {
  const { task, outputs, width } = predictions;
  if (task.kind === 'regression') throw new RangeError('a regression makes no decisions');
  const count = countOf(predictions);
  if (task.kind === 'multilabel' || width === 1) {
    const threshold = thresholdOf(predictions);
    const answers = new Int32Array(outputs.length);
    for (let at = 0; at < outputs.length; at++) answers[at] = outputs[at]! > threshold ? 1 : 0;
    return answers;
  }
  const decisions = new Int32Array(count);
  for (let i = 0; i < count; i++) decisions[i] = largestOf(outputs, i * width, categoriesOf(task));
  return decisions;
}
