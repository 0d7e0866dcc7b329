import { InputError } from '@ciphernet/foundation';
import { type Shape, sizeOf } from '@ciphernet/network';
import type { TaskKnowledge } from './choose-task.js';
import { arrayReading, describeArrays } from './describe-arrays.js';
import { describeImages, imageReading } from './describe-images.js';
import {
  type OwnDataChoice,
  type PlannedReading,
  describeTable,
  ownFormatOf,
  preprocessingByRange,
  preprocessingOf,
  readingOf,
} from './plan-reading.js';
import { type Preprocessing, shapeOf } from './preprocessing.js';

/** What a model says of the examples that it reads. */
export interface WantedExamples {
  /** Values of an example. */
  readonly inputs: number;
  /** Where they are an image. */
  readonly image?: Shape | undefined;
}

/** A way of preprocessing, and what was guessed on the way. */
export interface ChosenPreprocessing {
  readonly preprocessing: Preprocessing;
  readonly guesses: readonly string[];
}

/**
 * How data like this is preprocessed for a model.
 *
 * @param path a table or a folder of images: its ranges become constants, which are public
 * @param range of every value, where somebody states it: then nothing of the data but its columns' names is used
 * @param isData true where this is the data that will be evaluated: then its label has to be there
 * @throws InputError where the data has other features than the model reads
 */
export async function choosePreprocessing(
  path: string,
  choice: OwnDataChoice,
  wanted: WantedExamples,
  range?: { readonly from: number; readonly to: number },
  isData = false,
): Promise<ChosenPreprocessing> {
  const format = await ownFormatOf(path);
  if (format === 'images') return describeImages(path, wanted);
  if (format === 'npz') return describeArrays(path, wanted);
  // A label column need not be in calibration data.
  const { label, slice, ...rest } = choice;
  const described = await describeTable(path, isData ? choice : rest);
  const targets = new Set([...(label ?? []), ...described.columns.label]);
  const fit = (without: string | undefined): ChosenPreprocessing & { readonly width: number } => {
    const features = described.columns.features.filter(({ name }) => !targets.has(name) && name !== without);
    const table = { ...described, columns: { ...described.columns, features } };
    const preprocessing = range === undefined ? preprocessingOf(table) : preprocessingByRange(table, range);
    const names = features.map(({ name }) => name).slice(0, 40);
    return { preprocessing, width: sizeOf(shapeOf(preprocessing)), guesses: [`features: ${names.join(', ')}`] };
  };
  const whole = fit(undefined);
  if (whole.width === wanted.inputs) return whole;
  // What parts the examples may be a feature too; it is none where the model has no room for it.
  const parted = slice === undefined ? whole : fit(slice);
  if (parted.width === wanted.inputs) return parted;
  throw new InputError(`${whole.width} features for a model that reads ${wanted.inputs} (${whole.guesses.join()})`, {
    where: path,
    hint: 'say which columns are the label and which to ignore, or describe the features in dataset.yaml',
  });
}

/**
 * How a file of examples is read for a model.
 *
 * @param preprocessing of the model
 * @throws InputError where the data has no such columns, or labels that are not the model's
 */
export async function readingForModel(
  path: string,
  choice: OwnDataChoice,
  preprocessing: Preprocessing,
  model: TaskKnowledge['model'],
): Promise<PlannedReading> {
  const format = await ownFormatOf(path);
  if (format === 'images') return imageReading(path, choice, preprocessing, model);
  if (format === 'npz') return arrayReading(path, choice, preprocessing, model);
  const described = await describeTable(path, choice);
  return readingOf(described, preprocessing, model);
}
