import { type Command, InvalidArgumentError, Option } from 'commander';
import { integerBetween } from './arguments.js';

/** What the options about own data give. */
export interface OwnDataOptions {
  readonly label?: readonly string[];
  readonly ignore?: readonly string[];
  readonly slice?: string;
  readonly task?: 'multiclass' | 'binary' | 'multilabel' | 'regression';
  readonly classes?: readonly string[];
  readonly positive?: string;
}

/** Names that are separated by commas. */
export function namesArgument(text: string): readonly string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (new Set(names).size === names.length && names.length > 0) return names;
  throw new InvalidArgumentError('must be names, separated by commas, each once.');
}

/** A range like 0..255 or -1.5..1.5. */
export function rangeArgument(text: string): { readonly from: number; readonly to: number } {
  const [from, to] = text.split('..').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (from !== undefined && to !== undefined && Number.isFinite(from) && Number.isFinite(to) && from < to) {
    return { from, to };
  }
  throw new InvalidArgumentError('must be a range like 0..255.');
}

/** Adds the options that say which data the ranges of a model's values are measured on. */
export function addCalibrationOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--dataset <name>', 'public data that ranges are measured on')
        .choices(['mnist', 'fashion-mnist'])
        .default('mnist'),
    )
    .option('--mean <k>', 'public input transform: mean of k×k pixels', integerBetween(1, 14), 1)
    .option('--crop <n>', 'public input transform: pixels off each side', integerBetween(0, 13), 0)
    .option('--calibrate <file|folder>', 'a table or images that look like what the model will read: own data');
}

/** What {@link addOwnDataOptions} adds, as properties. */
export const OWN_DATA_OPTIONS = ['label', 'ignore', 'slice', 'task', 'classes', 'positive'] as const;

/** Adds the options that say what is in a file of examples. */
export function addOwnDataOptions(command: Command): Command {
  return command
    .option(
      '--label <columns>',
      'columns of the label; default: one named label, target, class, y or outcome',
      namesArgument,
    )
    .option('--ignore <columns>', 'columns that are no features; default: those that name rows, like id', namesArgument)
    .option('--slice <column>', 'also report each value of this column by itself (site, group); default: none')
    .addOption(
      new Option('--task <task>', 'what is predicted; default: by the label and the model').choices([
        'multiclass',
        'binary',
        'multilabel',
        'regression',
      ]),
    )
    .option(
      '--classes <names>',
      "names of the classes in the order of the model's outputs; default: the model's, else sorted",
      namesArgument,
    )
    .option('--positive <class>', 'the class of two that the model speaks for; default: the second');
}
