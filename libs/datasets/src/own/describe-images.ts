import { decoderIdentity } from '@ciphernet/formats';
import { InputError, UnsupportedError } from '@ciphernet/foundation';
import type { TaskKnowledge } from './choose-task.js';
import { readDatasetYaml } from './dataset-yaml.js';
import { listImages } from './list-images.js';
import type { ChosenPreprocessing, WantedExamples } from './own-data.js';
import { type OwnDataChoice, type PlannedReading, completed, readingWith } from './plan-reading.js';
import type { Preprocessing } from './preprocessing.js';
import type { ColumnProfile } from './profile.js';

/**
 * Preprocessing of a folder of images for a model: pixels in [0, 1] of the size that the model reads; grey where it reads one
 * channel. Nothing of the images themselves is in it.
 *
 * @throws InputError for a model that reads no image of one or three channels
 */
export async function describeImages(path: string, { image }: WantedExamples): Promise<ChosenPreprocessing> {
  if (image === undefined || (image.channels !== 1 && image.channels !== 3)) {
    throw new InputError('the model reads no images of one or three channels', {
      where: path,
      hint: 'export it with an input of batch × channels × height × width',
    });
  }
  const yaml = (await readDatasetYaml(path)).images ?? {};
  const { height, width, channels } = image;
  const preprocessing: Preprocessing = {
    kind: 'images',
    height,
    width,
    channels,
    grey: yaml.grey ?? channels === 1,
    resize: yaml.resize ?? false,
    crop: yaml.crop ?? false,
    decoder: await decoderIdentity(),
    offset: [0],
    scale: [1],
  };
  const size = `${height}×${width}`;
  return { preprocessing, guesses: [`pixels: in [0, 1], ${channels === 1 ? 'grey' : 'colour'}, ${size}`] };
}

/** Class names as a label column would have them. */
function labelOf(name: string, classes: readonly string[]): ColumnProfile {
  const numbers = classes.map(Number);
  const isWhole = numbers.every((value) => Number.isInteger(value) && value >= 0);
  const distinct = isWhole ? [...classes].sort((a, b) => Number(a) - Number(b)) : classes;
  return {
    name,
    isNumber: isWhole,
    isWhole,
    missing: 0,
    minimum: isWhole ? Math.min(...numbers) : 0,
    maximum: isWhole ? Math.max(...numbers) : 0,
    mean: 0,
    deviation: 0,
    distinct,
  };
}

/**
 * How images are read: a folder of theirs is a class, or a label in a list.
 *
 * @throws UnsupportedError for a slice, and for labels that are no classes
 */
export async function imageReading(
  path: string,
  choice: OwnDataChoice,
  preprocessing: Preprocessing,
  model: TaskKnowledge['model'],
): Promise<PlannedReading> {
  if (choice.slice !== undefined) {
    throw new UnsupportedError('images have no column to slice by', { where: path, hint: 'leave it out' });
  }
  const yaml = await readDatasetYaml(path);
  const whole = completed(choice, yaml);
  const { classes, label } = await listImages(path, whole.label?.[0]);
  const labels = classes.length === 0 ? [] : [labelOf(label, classes)];
  const planned = readingWith({ path, format: 'images', preprocessing, labels }, whole, model);
  const { kind } = planned.reading.task;
  if (labels.length > 0 && (kind === 'regression' || kind === 'multilabel')) {
    throw new UnsupportedError(`images with labels of a ${kind} are not read`, {
      where: path,
      hint: 'put pixels and labels into an .npz file',
    });
  }
  return planned;
}
