import { InputError } from '@ciphernet/foundation';
import type { Task } from '../task.js';
import type { ColumnProfile } from './profile.js';

/** Whole numbers of so many values are classes, of more a quantity. */
const MOST_WHOLE_CLASSES = 20;

/** What is known besides the label columns. */
export interface TaskKnowledge {
  /** Said by a person. */
  readonly task?: Task['kind'] | undefined;
  readonly classes?: readonly string[] | undefined;
  /** The class that a binary model's one value, or its second, speaks for. */
  readonly positive?: string | undefined;
  /** Of the model, where it is known. */
  readonly model?: {
    readonly outputs: number;
    readonly task?: 'classification' | 'regression' | undefined;
    readonly classes?: readonly string[] | undefined;
  };
}

/** A task, the names of its classes, and what was guessed. */
export interface ChosenTask {
  readonly task: Task;
  readonly classes?: readonly string[];
  readonly guesses: readonly string[];
}

const isRegression = (label: ColumnProfile, { task, model }: TaskKnowledge): boolean => {
  if (task !== undefined) return task === 'regression';
  if (model?.task !== undefined) return model.task === 'regression';
  if (!label.isNumber) return false;
  return !label.isWhole || label.distinct === undefined || label.distinct.length > MOST_WHOLE_CLASSES;
};

/** Classes in the order of the model's outputs. */
function classesOf(
  label: ColumnProfile | undefined,
  known: TaskKnowledge,
  where: string,
): { names: readonly string[]; guess?: string } {
  const { classes, model, positive } = known;
  const stated = classes ?? model?.classes;
  const found = label?.distinct ?? [];
  let names: readonly string[];
  let guess: string | undefined;
  const outputs = model?.outputs;
  const isIndexed = label?.isWhole === true && label.minimum >= 0 && label.maximum < Math.max(outputs ?? 0, 2);
  if (stated !== undefined) names = stated;
  else if (isIndexed) names = Array.from({ length: Math.max(outputs ?? 0, 2) }, (_, i) => String(i));
  else {
    if (found.length < 2 || found.length > 256) {
      throw new InputError(
        `the label has ${label?.distinct === undefined ? 'more than 256' : found.length} different values`,
        {
          where,
          hint: 'a classification has 2 to 256 classes: name them, or say that it is a regression',
        },
      );
    }
    names = found;
    guess = `classes: ${names.join(', ')}, in this order of the model's outputs`;
  }
  if (positive !== undefined && names.length !== 2) {
    throw new InputError(`a positive class of ${names.length} classes`, {
      where,
      hint: 'it is for two classes: leave it out',
    });
  }
  if (positive !== undefined) {
    const other = names.find((name) => name !== positive);
    if (!names.includes(positive) || other === undefined) {
      throw new InputError(`there is no class ${JSON.stringify(positive)}`, {
        where,
        hint: `the classes are ${names.join(', ')}`,
      });
    }
    if (stated !== undefined && names[1] !== positive) {
      throw new InputError(`${JSON.stringify(positive)} is not the second class`, {
        where,
        hint: `the classes are stated in the order of the model's outputs, ${names.join(', ')}: the second is what it speaks for`,
      });
    }
    if (stated === undefined) return { names: [other, positive] };
  }
  return guess === undefined ? { names } : { names, guess };
}

/**
 * What is to be predicted, from the label columns and what else is known.
 *
 * @param labels none where nobody knows the answers: then the model says
 * @throws InputError for labels that are no classes, and classes of another number than the model's
 */
export function chooseTask(labels: readonly ColumnProfile[], known: TaskKnowledge, where: string): ChosenTask {
  const [first] = labels;
  const outputs = known.model?.outputs;
  if (labels.length > 1 && (known.task === 'binary' || known.task === 'multiclass')) {
    throw new InputError(`${labels.length} label columns of one classification`, {
      where,
      hint: 'name the one column, or say that the task is multilabel or a regression',
    });
  }
  if (labels.length > 1) {
    if (known.task === 'regression') return { task: { kind: 'regression', outputs: labels.length }, guesses: [] };
    return {
      task: { kind: 'multilabel', labels: labels.length },
      classes: labels.map(({ name }) => name),
      guesses: [],
    };
  }
  if (known.task === 'multilabel') return { task: { kind: 'multilabel', labels: 1 }, guesses: [] };
  if (
    first === undefined ? known.task === 'regression' || known.model?.task === 'regression' : isRegression(first, known)
  ) {
    const guesses = known.task === undefined ? ['task: regression, by the label or the model'] : [];
    return { task: { kind: 'regression', outputs: first === undefined ? (outputs ?? 1) : 1 }, guesses };
  }
  const guesses: string[] = [];
  let names: readonly string[];
  if (first === undefined && known.classes === undefined && known.model?.classes === undefined) {
    names = Array.from({ length: Math.max(2, outputs ?? 2) }, (_, i) => String(i));
  } else {
    const chosen = classesOf(first, known, where);
    names = chosen.names;
    if (chosen.guess !== undefined) guesses.push(chosen.guess);
  }
  if (known.task === 'binary' && names.length !== 2) {
    throw new InputError(`${names.length} classes (${names.slice(0, 8).join(', ')}) of a binary task`, {
      where,
      hint: 'name the two with --classes, or say that the task is multiclass',
    });
  }
  const task: Task = names.length === 2 ? { kind: 'binary' } : { kind: 'multiclass', classes: names.length };
  if (outputs !== undefined && outputs !== names.length && !(task.kind === 'binary' && outputs === 1)) {
    throw new InputError(
      `${names.length} classes (${names.slice(0, 8).join(', ')}) for a model of ${outputs} outputs`,
      {
        where,
        hint: 'name the classes in the order of the outputs, or use the label that the model was trained for',
      },
    );
  }
  if (known.task === undefined)
    guesses.push(
      `task: ${task.kind === 'binary' ? `two classes, ${names[1] ?? ''} is positive` : `${names.length} classes`}`,
    );
  return { task, classes: names, guesses };
}
