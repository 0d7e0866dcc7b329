import { type Examples, type Task, targetsOf } from '@ciphernet/datasets';
import { IntegrityError } from '@ciphernet/foundation';
import { type Report, marginsOf } from '@ciphernet/report';
import {
  type Evaluation,
  type Link,
  type SlicedEvaluation,
  decisionsOf,
  evaluateMetrics,
  evaluateSlices,
} from '@ciphernet/metrics';

/** Resamples of the intervals of own data: their last digit stands. */
export const MANY_RESAMPLES = 1000;
/** Of figures whose intervals nobody reads, and of whole test sets of images, where a thousand take two seconds. */
export const FEW_RESAMPLES = 100;

/** Parts of fewer examples are not looked at: a figure of some few is those few. */
export const LEAST_IN_SLICE = 10;

/** Outputs of a model on examples. */
export interface Answers {
  readonly task: Task;
  readonly link: Link;
  /** count × width */
  readonly outputs: Float64Array;
  readonly width: number;
}

/** @throws IntegrityError where a model gives another number of values than the task needs */
export function assertWidth(task: Task, width: number, where: string): void {
  const fits =
    task.kind === 'binary'
      ? width === 1 || width === 2
      : width === (task.kind === 'multiclass' ? task.classes : targetsOf(task));
  if (fits) return;
  throw new IntegrityError(`the model gives ${width} values an example, ${task.kind} needs another number`, {
    where,
    hint: 'say what the task is where the data is encrypted, or use a model of this task',
  });
}

/** What a model decides; undefined where nothing is decided. One an example, or one a label. */
export function decide(answers: Answers): Int32Array | undefined {
  return answers.task.kind === 'regression' ? undefined : decisionsOf(answers);
}

/** Fraction of examples on which two decide the same; of several labels, all of them. */
export function agreementOf(
  task: Task,
  a: ArrayLike<number> | undefined,
  b: Int32Array | undefined,
): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  const each = task.kind === 'multilabel' ? task.labels : 1;
  let same = 0;
  for (let from = 0; from < a.length; from += each) {
    let differs = false;
    for (let i = from; i < from + each; i++) differs ||= a[i] !== b[i];
    if (!differs) same++;
  }
  return same / (a.length / each);
}

/** Fraction of examples that are decided rightly, of several labels all of them; undefined where nothing is decided or nobody knows. */
export function accuracyOf(
  { task, targets }: Pick<Examples, 'task' | 'targets'>,
  decisions: Int32Array | undefined,
): number | undefined {
  return agreementOf(task, targets?.values, decisions);
}

/** How close the closest decisions are, where one of several classes is decided on. */
export function marginsOfAnswers({ task, outputs, width }: Answers, errorBound: number | undefined): Report['margins'] {
  return task.kind === 'multiclass' || (task.kind === 'binary' && width === 2)
    ? marginsOf(outputs, width, errorBound)
    : undefined;
}

/** Figures of answers to examples whose targets are known; undefined where they are not. */
export function score(examples: Examples, answers: Answers, resamples: number): Evaluation | undefined {
  const { targets } = examples;
  if (targets === undefined) return undefined;
  const { values, names } = targets;
  const predictions = { ...answers, targets: values, ...(names === undefined ? {} : { names }) };
  return evaluateMetrics(predictions, { resamples });
}

/** The same of the parts that the owner looks at. */
export function scoreSlices(examples: Examples, answers: Answers): SlicedEvaluation | undefined {
  const { targets, slices } = examples;
  if (targets === undefined || slices === undefined) return undefined;
  const { of: values, names } = slices;
  return evaluateSlices({ ...answers, targets: targets.values }, { values, names }, { minimum: LEAST_IN_SLICE });
}
