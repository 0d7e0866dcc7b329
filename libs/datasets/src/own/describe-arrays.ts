import type { ArrayFile } from '@ciphernet/formats';
import { InputError } from '@ciphernet/foundation';
import { sizeOf } from '@ciphernet/network';
import type { TaskKnowledge } from './choose-task.js';
import { affineAround } from './describe-features.js';
import type { ChosenPreprocessing, WantedExamples } from './own-data.js';
import { readDatasetYaml } from './dataset-yaml.js';
import { type OwnDataChoice, type PlannedReading, completed, readingWith } from './plan-reading.js';
import type { Preprocessing } from './preprocessing.js';
import { type ColumnProfile, Running } from './profile.js';
import { exampleShape, openArrays } from './read-arrays.js';

/** What is in an array, all its values as one column's. */
async function profileArray(array: ArrayFile, name: string): Promise<ColumnProfile> {
  const running = new Running(name);
  for await (const { values } of array.blocks()) for (const value of values) running.add(value);
  return running.profile();
}

/** Preprocessing of arrays for a model: values are brought to about ±1, and the model reads them as they are. */
export async function describeArrays(path: string, { inputs, image }: WantedExamples): Promise<ChosenPreprocessing> {
  await using arrays = await openArrays(path);
  const { examples } = arrays;
  const shape = exampleShape(examples);
  if (sizeOf(shape) !== inputs) {
    throw new InputError(`${sizeOf(shape)} values an example for a model that reads ${inputs}`, { where: path });
  }
  const as = image ?? shape;
  const base = { kind: 'array' as const, height: as.height, width: as.width, channels: as.channels };
  const { offset, scale } = affineAround(await profileArray(examples, 'values'));
  return { preprocessing: { ...base, offset: [offset], scale: [scale] }, guesses: [] };
}

/** How the arrays of a file are read: the label is the array of targets. */
export async function arrayReading(
  path: string,
  choice: OwnDataChoice,
  preprocessing: Preprocessing,
  model: TaskKnowledge['model'],
): Promise<PlannedReading> {
  await using arrays = await openArrays(path);
  const labels: ColumnProfile[] = [];
  if (arrays.targets !== undefined) labels.push(await profileArray(arrays.targets, arrays.label ?? 'y'));
  const whole = completed(choice, await readDatasetYaml(path));
  return readingWith({ path, format: 'npz', preprocessing, labels }, whole, model);
}
