import type { Task } from '@ciphernet/datasets';
import { InputError, elementAt } from '@ciphernet/foundation';
import { type DecisionComparison, compareDecisions, decisionsOf } from '@ciphernet/metrics';
import type { ModelAnswers } from '@ciphernet/models';
import type { Answered } from './split.js';

/** How often the converted network decides as the original, where that decides one thing. */
export interface DecisionAgreement {
  /** A class; of yes or no 1 or 0. */
  readonly decision: number;
  /** Examples on which the original decides so. */
  readonly count: number;
  /** Of them, those on which the converted network does too. */
  readonly agreed: number;
}

/** What a conversion cost on one part of the examples. */
export interface ConversionFigures {
  readonly count: number;
  /** `accuracy`: share of right decisions. `rmse`: root of the mean squared error. Absent where nobody knows the answers. */
  readonly measure?: 'accuracy' | 'rmse' | undefined;
  readonly original?: number | undefined;
  readonly converted?: number | undefined;
  /** Share of examples on which both decide the same; of regressions the share of the original's variance that is explained. */
  readonly agreement: number;
  /** Agreement for each decision that the original makes: where one is rare, agreement says little of it. Of one decision an example. */
  readonly byDecision?: readonly DecisionAgreement[] | undefined;
  /** Both networks' decisions, the original's first: McNemar's exact test. */
  readonly paired?: DecisionComparison | undefined;
}

/** How scores are read. */
export interface Reading {
  readonly task: Task;
  readonly link: ModelAnswers['link'];
  /** Scores an example. */
  readonly width: number;
}

function squaredError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (elementAt(a, i) - elementAt(b, i)) ** 2;
  return sum / a.length;
}

function regressionFigures(converted: Float64Array, { count, targets, teacher }: Answered): ConversionFigures {
  const mean = teacher.reduce((sum, value) => sum + value, 0) / teacher.length;
  const variance = squaredError(teacher, new Float64Array(teacher.length).fill(mean));
  const agreement = variance === 0 ? 1 : 1 - squaredError(converted, teacher) / variance;
  if (targets === undefined) return { count, agreement };
  return {
    count,
    measure: 'rmse',
    original: Math.sqrt(squaredError(teacher, targets)),
    converted: Math.sqrt(squaredError(converted, targets)),
    agreement,
  };
}

function agreementByDecision(theirs: Int32Array, ours: Int32Array): DecisionAgreement[] {
  const decisions = [...new Set(theirs)].sort((a, b) => a - b);
  return decisions.map((decision) => {
    let [count, agreed] = [0, 0];
    theirs.forEach((their, i) => {
      if (their !== decision) return;
      count++;
      if (ours[i] === decision) agreed++;
    });
    return { decision, count, agreed };
  });
}

/**
 * Compares a converted network with the original on examples.
 *
 * @param converted its scores, count × width
 * @throws InputError for scores of another number of examples
 */
export function figuresOf(
  { task, link, width }: Reading,
  converted: Float64Array,
  examples: Answered,
): ConversionFigures {
  const { count, targets, teacher } = examples;
  if (converted.length !== count * width) {
    throw new InputError(`${converted.length} scores for ${count} examples of ${width}`, {
      where: 'converted network',
    });
  }
  if (task.kind === 'regression') return regressionFigures(converted, examples);
  const [theirs, ours] = [Float64Array.from(teacher), converted].map((outputs) =>
    decisionsOf({ task, link, outputs, width }),
  );
  if (theirs === undefined || ours === undefined) throw new RangeError('no decisions');
  const each = theirs.length / count;
  let agreed = 0;
  for (let i = 0; i < count; i++) {
    const same = ours.subarray(i * each, (i + 1) * each).every((decision, k) => decision === theirs[i * each + k]);
    if (same) agreed++;
  }
  const agreement = agreed / count;
  const byDecision = each === 1 ? agreementByDecision(theirs, ours) : undefined;
  if (targets === undefined) return { count, agreement, byDecision };
  const paired = compareDecisions(theirs, ours, targets, each);
  return {
    count,
    byDecision,
    measure: 'accuracy',
    original: (paired.bothRight + paired.onlyFirstRight) / count,
    converted: (paired.bothRight + paired.onlySecondRight) / count,
    agreement,
    paired,
  };
}
