import { decodeImage } from '@ciphernet/formats';
import { elementAt, messageOf } from '@ciphernet/foundation';
import type { Shape } from '@ciphernet/network';
import type { Task } from '../task.js';
import { type ChosenTask, chooseTask } from './choose-task.js';
import { listImages } from './list-images.js';
import { exampleShape, openArrays } from './read-arrays.js';
import {
  type DescribedTable,
  type OwnDataChoice,
  describeTable,
  ownFormatOf,
  preprocessingOf,
} from './plan-reading.js';
import type { ColumnProfile } from './profile.js';
import type { OwnFormat } from './reading.js';

/** What a look at own data shows. */
export interface DataSummary {
  readonly format: OwnFormat;
  readonly examples: number;
  /** Values of an example; a category of a column that is text counts one each. */
  readonly features: number;
  readonly shape?: Shape;
  readonly columns: readonly { readonly name: string; readonly role: string; readonly what: string }[];
  /** Absent where there are no targets. */
  readonly task?: Task;
  readonly classes?: readonly string[];
  readonly guesses: readonly string[];
  /** Why it cannot be encrypted as it is. */
  readonly problems: readonly string[];
}

const figure = (value: number): string => String(Number(value.toPrecision(4)));

function whatIsIn({ isNumber, missing, minimum, maximum, mean, distinct }: ColumnProfile): string {
  const gaps = missing === 0 ? '' : `, ${missing.toLocaleString('en')} missing`;
  if (isNumber) return `${figure(minimum)} to ${figure(maximum)}, mean ${figure(mean)}${gaps}`;
  if (distinct === undefined) return `texts, more than 256 different ones${gaps}`;
  return `${distinct.length} texts: ${distinct.slice(0, 6).join(', ')}${distinct.length > 6 ? ', …' : ''}${gaps}`;
}

/** What a reading of the table would be refused for: features that are none, labels that are not of the task. */
function problemsOf(table: DescribedTable, labels: readonly ColumnProfile[], chosen: ChosenTask | undefined): string[] {
  const problems: string[] = [];
  try {
    preprocessingOf(table);
  } catch (error) {
    problems.push(messageOf(error));
  }
  const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ');
  if (chosen?.task.kind === 'regression') {
    const texts = labels.filter(({ isNumber }) => !isNumber).map(({ name }) => name);
    if (texts.length > 0) problems.push(`a regression has numbers as labels, ${quoted(texts)} holds texts`);
  } else if (chosen?.task.kind !== 'multilabel') {
    const other = labels[0]?.distinct?.filter((value) => chosen?.classes?.includes(value) === false) ?? [];
    if (other.length > 0) problems.push(`the label holds ${quoted(other.slice(0, 4))}, not of the classes`);
  }
  return problems;
}

async function inspectTable(path: string, choice: OwnDataChoice): Promise<DataSummary> {
  const table = await describeTable(path, choice, true);
  const { format, profile, columns, choice: whole } = table;
  const features = new Set(columns.features.map(({ name }) => name));
  const roleOf = (name: string): string => {
    if (columns.label.includes(name)) return 'label';
    if (features.has(name)) return 'feature';
    return name === whole.slice ? 'slice' : 'ignored';
  };
  const labels = columns.label.flatMap((name) => profile.columns.filter((column) => column.name === name));
  const chosen = labels.length === 0 ? undefined : chooseTask(labels, whole, path);
  return {
    format,
    examples: profile.rows,
    features: columns.features.reduce(
      (sum, { isNumber, distinct }) => sum + (isNumber ? 1 : (distinct?.length ?? 1)),
      0,
    ),
    columns: profile.columns.map((column) => ({
      name: column.name,
      role: roleOf(column.name),
      what: whatIsIn(column),
    })),
    ...(chosen === undefined ? {} : { task: chosen.task }),
    ...(chosen?.classes === undefined ? {} : { classes: chosen.classes }),
    guesses: [...columns.guesses, ...(chosen?.guesses ?? [])],
    problems: problemsOf(table, labels, chosen),
  };
}

async function inspectImages(path: string, { label: column }: OwnDataChoice): Promise<DataSummary> {
  const { entries, classes } = await listImages(path, column?.[0]);
  const { height, width, channels, depth } = await decodeImage(elementAt(entries, 0).path);
  const counts = new Map<string, number>();
  for (const { label = '' } of entries) counts.set(label, (counts.get(label) ?? 0) + 1);
  const n = classes.length;
  return {
    format: 'images',
    examples: entries.length,
    features: height * width * channels,
    shape: { height, width, channels },
    columns: classes.map((name) => ({
      name,
      role: 'class',
      what: `${(counts.get(name) ?? 0).toLocaleString('en')} images`,
    })),
    ...(n < 2 ? {} : { task: n === 2 ? { kind: 'binary' } : { kind: 'multiclass', classes: n }, classes }),
    guesses: [`the first image has ${height}×${width}×${channels} values of ${depth} bits; all have to be of one size`],
    problems: [],
  };
}

async function inspectArrays(path: string): Promise<DataSummary> {
  await using arrays = await openArrays(path);
  const { examples, targets, label } = arrays;
  const shape = exampleShape(examples);
  return {
    format: 'npz',
    examples: examples.shape[0] ?? 0,
    features: shape.height * shape.width * shape.channels,
    shape,
    columns: [
      { name: 'examples', role: 'feature', what: `${examples.shape.join(' × ')} of ${examples.dtype}` },
      ...(targets === undefined
        ? []
        : [{ name: label ?? 'targets', role: 'label', what: `${targets.shape.join(' × ')} of ${targets.dtype}` }]),
    ],
    guesses: [],
    problems: [],
  };
}

/**
 * Looks at own data: what is in it, what is taken as features and label, and why.
 *
 * @throws InputError for a damaged file, and for columns that are not there
 */
export async function inspectOwnData(path: string, choice: OwnDataChoice): Promise<DataSummary> {
  const format = await ownFormatOf(path);
  if (format === 'images') return inspectImages(path, choice);
  return format === 'npz' ? inspectArrays(path) : inspectTable(path, choice);
}
