import { InputError } from '@ciphernet/foundation';
import { sizeOf } from '@ciphernet/network';
import { type TaskKnowledge, chooseTask } from './choose-task.js';
import { affineAround } from './describe-features.js';
import type { ChosenPreprocessing, WantedExamples } from './own-data.js';
import type { OwnDataChoice } from './plan-reading.js';
import type { Preprocessing } from './preprocessing.js';
import { type ColumnProfile, Running } from './profile.js';
import { exampleShape, openArrays } from './read-arrays.js';
import type { OwnReading } from './reading.js';

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
  const running = new Running('values');
  for await (const { values } of examples.blocks()) for (const value of values) running.add(value);
  const { offset, scale } = affineAround(running.profile());
  return { preprocessing: { ...base, offset: [offset], scale: [scale] }, guesses: [] };
}

/** How the arrays of a file are read: the label is the array of targets. */
export async function arrayReading(
  path: string,
  choice: OwnDataChoice,
  preprocessing: Preprocessing,
  model: TaskKnowledge['model'],
): Promise<{ readonly reading: OwnReading; readonly guesses: readonly string[] }> {
  await using arrays = await openArrays(path);
  const labels: ColumnProfile[] = [];
  if (arrays.targets !== undefined) {
    const running = new Running(arrays.label ?? 'y');
    for await (const { values } of arrays.targets.blocks()) for (const value of values) running.add(value);
    labels.push(running.profile());
  }
  const { task, classes, positive } = choice;
  const known = { task, classes, positive, ...(model === undefined ? {} : { model }) };
  const chosen = chooseTask(labels, known, path);
  return {
    reading: {
      format: 'npz',
      preprocessing,
      task: chosen.task,
      label: labels.map(({ name }) => name),
      ...(chosen.classes === undefined ? {} : { classes: chosen.classes }),
    },
    guesses: chosen.guesses,
  };
}
