/** What a model decides, which says what its outputs and the targets of the examples are. */
export type Task =
  /** Targets are classes 0 … classes − 1; as many outputs an example. */
  | { readonly kind: 'multiclass'; readonly classes: number }
  /** Targets are 0 or 1; outputs are one value an example, or two, of which the second speaks for 1. */
  | { readonly kind: 'binary' }
  /** Targets are labels values an example, each 0 or 1; as many outputs. */
  | { readonly kind: 'multilabel'; readonly labels: number }
  /** Targets are real numbers, as many an example as outputs. */
  | { readonly kind: 'regression'; readonly outputs: number };

/**
 * How outputs become probabilities: softmax over the outputs of an example; the logistic function of each; as they are;
 * or not at all (`score`: outputs rank, and metrics of probabilities are undefined).
 */
export type Link = 'softmax' | 'sigmoid' | 'identity' | 'score';

/** A model's outputs on examples, without what is true of them. */
export interface Outputs {
  readonly task: Task;
  readonly link: Link;
  /** count × width, example by example; finite. */
  readonly outputs: Float64Array;
  /** Outputs of one example. */
  readonly width: number;
  /** Of the classes, labels or outputs, for reports; their numbers where it is missing. */
  readonly names?: readonly string[];
}

export interface Predictions extends Outputs {
  /** count values, or count × labels or outputs, example by example. */
  readonly targets: Float64Array;
}

/** Classes that a decision chooses between (two for binary tasks), or labels, or outputs of a regression. */
export function categoriesOf(task: Task): number {
  switch (task.kind) {
    case 'multiclass':
      return task.classes;
    case 'binary':
      return 2;
    case 'multilabel':
      return task.labels;
    case 'regression':
      return task.outputs;
  }
}

/** Targets of one example. */
export function targetsAnExample(task: Task): number {
  return task.kind === 'multilabel' || task.kind === 'regression' ? categoriesOf(task) : 1;
}

/** Every `step`th value from `at` on. */
export function columnOf(values: Float64Array, at: number, step: number): Float64Array {
  const column = new Float64Array(values.length / step);
  for (let i = 0; i < column.length; i++) column[i] = values[i * step + at]!;
  return column;
}
