import { type Outputs, columnOf } from './task.js';

/**
 * How far outputs that are said to be probabilities may be from them: decrypted values carry an error, and what is
 * further off is no probability but a logit or a score.
 */
const TOLERANCE = 0.05;
/** How far an example's probabilities may be from adding up to 1 before they are divided by their sum. */
const SUM_TOLERANCE = 0.2;

/** Probabilities of an example's classes or labels, or why there are none. */
export type Probabilities =
  | { readonly kind: 'known'; /** count × width; for binary tasks count × 1, of a 1 */ readonly values: Float64Array }
  | { readonly kind: 'unknown'; readonly because: string };

/** 1 / (1 + e^−z); exact to rounding also where e^z is tiny. */
export function logistic(z: number): number {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}

/** ln Σ e^z over an example's outputs, from the largest, so that nothing overflows. */
export function logSumExp(outputs: Float64Array, start: number, width: number): number {
  let largest = -Infinity;
  for (let c = 0; c < width; c++) largest = Math.max(largest, outputs[start + c]!);
  let sum = 0;
  for (let c = 0; c < width; c++) sum += Math.exp(outputs[start + c]! - largest);
  return largest + Math.log(sum);
}

/** Softmax of each example, as exponentials divided by their sum: what NumPy's and SciPy's computes. */
function softmax(outputs: Float64Array, width: number): Float64Array {
  const values = new Float64Array(outputs.length);
  for (let start = 0; start < outputs.length; start += width) {
    let largest = -Infinity;
    for (let c = 0; c < width; c++) largest = Math.max(largest, outputs[start + c]!);
    let sum = 0;
    for (let c = 0; c < width; c++) sum += values[start + c] = Math.exp(outputs[start + c]! - largest);
    for (let c = 0; c < width; c++) values[start + c] = values[start + c]! / sum;
  }
  return values;
}

/** Outputs as probabilities: clipped to 0 … 1 and, where they are of classes, divided by their sum. */
function identity({ outputs, width, task }: Outputs): Probabilities {
  const exclusive = task.kind === 'multiclass' || width === 2;
  const values = new Float64Array(outputs.length);
  for (let start = 0; start < outputs.length; start += width) {
    let sum = 0;
    for (let c = 0; c < width; c++) {
      const value = outputs[start + c]!;
      if (value < -TOLERANCE || value > 1 + TOLERANCE) {
        return { kind: 'unknown', because: `output ${c} of example ${start / width} is ${value}, no probability` };
      }
      sum += values[start + c] = Math.min(1, Math.max(0, value));
    }
    if (!exclusive) continue;
    if (Math.abs(sum - 1) > SUM_TOLERANCE) {
      return { kind: 'unknown', because: `probabilities of example ${start / width} add up to ${sum}, not to 1` };
    }
    for (let c = 0; c < width; c++) values[start + c] = values[start + c]! / sum;
  }
  return { kind: 'known', values };
}

/** @param predictions checked already, of a task with decisions */
export function probabilitiesOf(predictions: Outputs): Probabilities {
  const { task, link, outputs, width } = predictions;
  if (link === 'score') return { kind: 'unknown', because: 'the outputs are scores, which are no probabilities' };
  if (link === 'sigmoid') return { kind: 'known', values: outputs.map(logistic) };
  const all = link === 'softmax' ? { kind: 'known' as const, values: softmax(outputs, width) } : identity(predictions);
  if (task.kind !== 'binary' || width === 1 || all.kind === 'unknown') return all;
  return { kind: 'known', values: columnOf(all.values, 1, 2) };
}
