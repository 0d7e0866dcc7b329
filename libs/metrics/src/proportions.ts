import { type Mean, SHARE } from './statistic.js';
import type { Predictions } from './task.js';

const TOP = [2, 3, 5];

/** How many classes an example's model prefers to the true one; of equal outputs the first class is preferred. */
function preferred(outputs: Float64Array, start: number, width: number, target: number): number {
  const own = outputs[start + target]!;
  let better = 0;
  for (let c = 0; c < width; c++) {
    const other = outputs[start + c]!;
    if (other > own || (other === own && c < target)) better++;
  }
  return better;
}

/**
 * Metrics that are shares of examples: `accuracy` (for labels, of examples with all of them right), which for classes is
 * precision, recall and F1 over all decisions as well, and `top2`, `top3`, `top5` where there are more classes.
 *
 * @param decisions as `decisionsOf` gives them
 */
export function proportionsOf(predictions: Predictions, decisions: Int32Array, count: number): Mean[] {
  const { task, outputs, width, targets } = predictions;
  const right = new Uint8Array(count).fill(1);
  const each = targets.length / count;
  for (let i = 0, at = 0; i < count; i++) {
    for (const last = at + each; at < last; at++) if (targets[at] !== decisions[at]) right[i] = 0;
  }
  const accuracy: Mean = { name: 'accuracy', range: SHARE, values: right };
  if (task.kind === 'multilabel') return [accuracy];
  const micro = ['precisionMicro', 'recallMicro', 'f1Micro'].map((name) => ({ ...accuracy, name }));
  if (task.kind !== 'multiclass') return [accuracy, ...micro];
  const tops = TOP.filter((k) => k < task.classes).map((k) => ({ name: `top${k}`, k, values: new Uint8Array(count) }));
  for (let i = 0; i < count; i++) {
    const better = preferred(outputs, i * width, width, targets[i]!);
    for (const { k, values } of tops) values[i] = better < k ? 1 : 0;
  }
  return [accuracy, ...micro, ...tops.map(({ name, values }) => ({ name, range: SHARE, values }))];
}
