import { detectFormat, isImageList, openTable } from '@ciphernet/formats';
import { InputError, UnsupportedError } from '@ciphernet/foundation';
import type { Task } from '../task.js';
import { type ChosenColumns, type ColumnChoice, chooseColumns } from './choose-columns.js';
import { type TaskKnowledge, chooseTask } from './choose-task.js';
import { type DatasetYaml, readDatasetYaml } from './dataset-yaml.js';
import { describeFeatures, statedFeatures } from './describe-features.js';
import type { Preprocessing } from './preprocessing.js';
import { type ColumnProfile, type TableProfile, profileTable } from './profile.js';
import { OWN_FORMATS, type OwnFormat, type OwnReading } from './reading.js';

/** What a person says of own data; what is left out is taken from `dataset.yaml`, and else guessed. */
export interface OwnDataChoice extends ColumnChoice {
  readonly task?: Task['kind'] | undefined;
  readonly classes?: readonly string[] | undefined;
  readonly positive?: string | undefined;
}

/** How data is read, and what was guessed. */
export interface PlannedReading {
  readonly reading: OwnReading;
  readonly guesses: readonly string[];
}

/** A file of examples, looked at. */
export interface DescribedTable {
  readonly path: string;
  readonly format: OwnFormat;
  readonly profile: TableProfile;
  readonly columns: ChosenColumns;
  /** The choice with what `dataset.yaml` adds. */
  readonly choice: OwnDataChoice;
  readonly yaml: DatasetYaml;
}

/** The kind of a file or folder of examples. @throws InputError for anything else */
export async function ownFormatOf(path: string): Promise<OwnFormat> {
  const format = await detectFormat(path);
  if (format === 'folder') return 'images';
  if (format === 'csv' && (await isImageList(path))) return 'images';
  const known = OWN_FORMATS.find((name) => name === format);
  if (known !== undefined) return known;
  throw new InputError(`a file of kind ${format} holds no examples`, {
    where: path,
    hint: 'give CSV, TSV, Parquet, .npy, .npz, a folder with a folder of PNG or JPEG images a class, or a CSV file with a column `path` of images',
  });
}

/** A choice, completed by a description beside the data: what a person says counts more. */
export function completed(choice: OwnDataChoice, yaml: DatasetYaml): OwnDataChoice {
  return {
    label: choice.label ?? yaml.label,
    ignore: choice.ignore ?? yaml.ignore,
    slice: choice.slice ?? yaml.slice,
    task: choice.task ?? yaml.task,
    classes: choice.classes ?? yaml.classes,
    positive: choice.positive ?? yaml.positive,
  };
}

/** Looks at every column but those that are ignored: texts of millions of rows are not even read. */
async function profileOf(path: string, ignored: readonly string[]): Promise<TableProfile> {
  await using table = await openTable(path);
  const names = table.columns.map(({ name }) => name);
  const select = names.filter((name) => !ignored.includes(name));
  if (select.length === names.length || select.length === 0) return await profileTable(table);
  await using chosen = await openTable(path, { select });
  return await profileTable(chosen);
}

/**
 * Looks at a table: one pass over all rows.
 *
 * @param whole looks at what is ignored too
 * @throws InputError for a damaged file, and for columns that are not there
 */
export async function describeTable(path: string, given: OwnDataChoice, whole = false): Promise<DescribedTable> {
  const format = await ownFormatOf(path);
  if (format === 'images' || format === 'npz') {
    throw new UnsupportedError(`a file of kind ${format} is no table`, { where: path });
  }
  const yaml = await readDatasetYaml(path);
  const choice = completed(given, yaml);
  const profile = await profileOf(path, whole ? [] : (choice.ignore ?? []));
  return { path, format, profile, columns: chooseColumns(profile, choice, path), choice, yaml };
}

/** Features of a table by its own description, else by the ranges of the table that was looked at. */
export function preprocessingOf({ path, columns, yaml }: DescribedTable): Preprocessing {
  if (yaml.features !== undefined) return { kind: 'table', features: yaml.features };
  return describeFeatures(columns.features, path);
}

/** Features of a table by ranges that somebody states for all of them. */
export function preprocessingByRange(
  { columns }: DescribedTable,
  range: { readonly from: number; readonly to: number },
): Preprocessing {
  return statedFeatures(
    columns.features.map(({ name }) => name),
    range,
  );
}

/**
 * How a table is read for a model.
 *
 * @param preprocessing of the model: its columns have to be in the table
 * @returns the reading, and what was guessed
 */
export function readingOf(
  { path, format, profile, columns, choice }: DescribedTable,
  preprocessing: Preprocessing,
  model: TaskKnowledge['model'],
): PlannedReading {
  const labels = columns.label.flatMap((name) => profile.columns.filter((column) => column.name === name));
  const { reading, guesses } = readingWith({ path, format, preprocessing, labels }, choice, model);
  const { slice } = choice;
  return {
    reading: slice === undefined ? reading : { ...reading, slice },
    guesses: [...columns.guesses, ...guesses],
  };
}

/** A reading, with the task that its labels, a person and the model say. */
export function readingWith(
  {
    path,
    format,
    preprocessing,
    labels,
  }: {
    readonly path: string;
    readonly format: OwnFormat;
    readonly preprocessing: Preprocessing;
    /** Of each target; none where nobody knows them. */
    readonly labels: readonly ColumnProfile[];
  },
  { task, classes, positive }: OwnDataChoice,
  model: TaskKnowledge['model'],
): PlannedReading {
  const known = { task, classes, positive, ...(model === undefined ? {} : { model }) };
  const chosen = chooseTask(labels, known, path);
  return {
    reading: {
      format,
      preprocessing,
      task: chosen.task,
      label: labels.map(({ name }) => name),
      ...(chosen.classes === undefined ? {} : { classes: chosen.classes }),
    },
    guesses: chosen.guesses,
  };
}
