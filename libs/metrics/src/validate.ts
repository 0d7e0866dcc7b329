import { InputError, UnsupportedError, elementAt } from '@ciphernet/foundation';
import { type Outputs, type Predictions, type Task, categoriesOf, targetsAnExample } from './task.js';

/** Bounds what is counted and sorted an example. */
const MAX_CATEGORIES = 65_536;
/** Ranks are packed into 30 bits of a word. */
const MAX_COUNT = 2 ** 30 - 1;

/** Links under which the outputs of a task are probabilities of its targets. */
const LINKS: Readonly<Record<Task['kind'], readonly string[]>> = {
  multiclass: ['softmax', 'identity', 'score'],
  binary: ['softmax', 'sigmoid', 'identity', 'score'],
  multilabel: ['sigmoid', 'identity', 'score'],
  regression: ['identity'],
};

function assertLink({ task, link, width }: Outputs): void {
  const fits = task.kind !== 'binary' || (width === 2 ? link !== 'sigmoid' : link !== 'softmax');
  if (LINKS[task.kind].includes(link) && fits) return;
  throw new UnsupportedError(`no ${task.kind} probabilities come of ${width} outputs by ${link}`, {
    where: 'link',
    hint:
      task.kind === 'regression'
        ? 'a regression has the link identity'
        : 'softmax is for one output a class, sigmoid for one output a label; score ranks outputs of any kind',
  });
}

function assertFinite(values: Float64Array, width: number, what: string): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new InputError(`${what} ${i % width} of example ${Math.floor(i / width)} is ${values[i]}`, {
      where: what,
      hint: 'every value has to be a finite number',
    });
  }
}

function assertWhole(values: Float64Array, below: number, width: number): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value >= 0 && value < below && Number.isInteger(value)) continue;
    throw new InputError(`target ${i % width} of example ${Math.floor(i / width)} is ${value}`, {
      where: 'targets',
      hint: `targets of this task are whole numbers from 0 to ${below - 1}`,
    });
  }
}

/** @returns the number of examples @throws InputError, UnsupportedError for outputs that do not fit their task */
export function countOf(predictions: Outputs): number {
  const { task, outputs, width, names } = predictions;
  const categories = categoriesOf(task);
  const least = task.kind === 'multiclass' ? 2 : 1;
  if (!Number.isInteger(categories) || categories < least || categories > MAX_CATEGORIES) {
    throw new InputError(`a ${task.kind} task of ${categories}`, {
      where: 'task',
      hint: `a whole number from ${least} to ${MAX_CATEGORIES}`,
    });
  }
  const widths = task.kind === 'binary' ? [1, 2] : [categories];
  if (!widths.includes(width)) {
    throw new InputError(`${width} outputs an example`, {
      where: 'width',
      hint: `this ${task.kind} task has ${widths.join(' or ')}`,
    });
  }
  assertLink(predictions);
  const count = outputs.length / width;
  if (!Number.isInteger(count) || count === 0 || count > MAX_COUNT) {
    throw new InputError(`${outputs.length} outputs of ${width} an example`, {
      where: 'outputs',
      hint: `whole examples, from 1 to ${MAX_COUNT} of them`,
    });
  }
  if (names !== undefined && names.length !== categories) {
    throw new InputError(`${names.length} names for ${categories}`, { where: 'names', hint: 'one name each, or none' });
  }
  assertFinite(outputs, width, 'output');
  return count;
}

/**
 * Checks once what comes in; everything behind it trusts lengths and values.
 *
 * @returns the number of examples
 * @throws InputError, UnsupportedError for outputs or targets that do not fit the task
 */
export function checkPredictions(predictions: Predictions): number {
  const { task, targets } = predictions;
  const count = countOf(predictions);
  const each = targetsAnExample(task);
  if (targets.length !== count * each) {
    throw new InputError(`${targets.length} targets for ${count} examples`, {
      where: 'targets',
      hint: `this task has ${each} an example, in the order of the outputs`,
    });
  }
  if (task.kind === 'regression') assertFinite(targets, each, 'target');
  else assertWhole(targets, task.kind === 'multiclass' ? task.classes : 2, each);
  return count;
}

/** The name of a class, label or output: its number where none was given. */
export function nameOfCategory({ names }: Outputs, category: number): string {
  return names === undefined ? String(category) : elementAt(names, category);
}
