import {
  type Dataset,
  type LoadOptions,
  type OwnDataChoice,
  type Preprocessing,
  type Task,
  NAMED_DATASETS,
  affineOfFeatures,
  choosePreprocessing,
  hasSplit,
  loadDataset,
  loadOwnExamples,
  readingForModel,
  takeExamples,
  toFeatures,
  NO_TRANSFORM,
} from '@ciphernet/datasets';
import type { Teacher } from '@ciphernet/conversion';
import { decoderIdentity } from '@ciphernet/formats';
import { InputError, elementAt, lastOf } from '@ciphernet/foundation';
import { type Shape, sizeOf } from '@ciphernet/network';

/** Examples as the original reads them. */
export interface ExamplePart {
  readonly count: number;
  /** count × values of an example, channels of images innermost. */
  readonly values: Float32Array;
  /** count × targets of the task; undefined where nobody knows them. */
  readonly targets: Float32Array | undefined;
}

/** What a network is converted with. */
export interface ConversionData {
  /** What reports call it. */
  readonly name: string;
  /** How data is preprocessed for the converted network. */
  readonly preprocessing: Preprocessing;
  readonly task: Task;
  readonly classes?: readonly string[] | undefined;
  /** Trained and chosen with. */
  readonly training: ExamplePart;
  /** Looked at once, at the end; undefined where it has to be held out of the others. */
  readonly test: ExamplePart | undefined;
}

/** Values of examples as they are in their file: what preprocessing did is undone. */
function valuesOf(features: Float32Array, preprocessing: Preprocessing): Float32Array {
  const { offsets, scales } = affineOfFeatures(preprocessing);
  const width = offsets.length;
  return features.map((value, i) => value * elementAt(scales, i % width) + elementAt(offsets, i % width));
}

function partOf({ count, images, labels, shape }: Dataset): ExamplePart {
  return { count, values: toFeatures(NO_TRANSFORM, shape, images), targets: Float32Array.from(labels) };
}

/** How networks that are converted with a named dataset read its images: as they are. */
export async function preprocessingOfNamed({ height, width, channels }: Shape): Promise<Preprocessing> {
  return {
    kind: 'images',
    height,
    width,
    channels: channels === 3 ? 3 : 1,
    grey: channels !== 3,
    resize: false,
    crop: false,
    decoder: await decoderIdentity(),
    offset: [0],
    scale: [1],
  };
}

/**
 * A named dataset, or a folder of IDX files: its training split, and its test split where there is one.
 *
 * @param most only so many training images
 * @throws InputError for an unknown name, and for images that are not the network's
 */
export async function namedConversionData(
  name: string,
  teacher: Teacher,
  folders: LoadOptions,
  most?: number,
): Promise<ConversionData> {
  const whole = await loadDataset(name, 'train', folders);
  const dataset = takeExamples(whole, most ?? whole.count);
  const { shape, classes } = dataset;
  const { nodes } = teacher;
  const input = elementAt(nodes, 0).shape;
  const outputs = lastOf(nodes).shape.channels;
  if (sizeOf(input) !== sizeOf(shape) || outputs !== classes) {
    throw new InputError(
      `images of ${sizeOf(shape)} values and ${classes} classes for a network of ${sizeOf(input)} and ${outputs}`,
      { where: `dataset ${name}`, hint: 'train with data that the network was made for' },
    );
  }
  const isNamed = (NAMED_DATASETS as readonly string[]).includes(name);
  const test = isNamed || hasSplit(name, 'test') ? await loadDataset(name, 'test', folders) : undefined;
  return {
    name: dataset.name,
    preprocessing: await preprocessingOfNamed(shape),
    task: { kind: 'multiclass', classes },
    training: partOf(dataset),
    test: test === undefined ? undefined : partOf(test),
  };
}

/** What a person says of own training data. */
export interface OwnConversionChoice extends OwnDataChoice {
  /** Only so many examples. */
  readonly most?: number | undefined;
  /** Another file, which is looked at once, at the end. */
  readonly test?: string | undefined;
}

/**
 * Own data, in a table, an array file or a folder of images.
 *
 * @throws InputError for data with other features or classes than the network's
 */
export async function ownConversionData(
  path: string,
  teacher: Teacher,
  { most, test, ...choice }: OwnConversionChoice,
): Promise<ConversionData & { readonly guesses: readonly string[] }> {
  const { shape } = elementAt(teacher.nodes, 0);
  const { height, width, channels } = shape;
  const wanted = { inputs: sizeOf(shape), image: shape.isFlat ? undefined : { height, width, channels } };
  const { preprocessing, guesses } = await choosePreprocessing(path, choice, wanted, undefined, true);
  const outputs = lastOf(teacher.nodes).shape.channels;
  const knowledge = {
    outputs,
    ...(teacher.task === 'unknown' ? {} : { task: teacher.task }),
    ...(teacher.classes === undefined ? {} : { classes: teacher.classes }),
  };
  const { reading, guesses: more } = await readingForModel(path, choice, preprocessing, knowledge);
  const read = async (file: string): Promise<ExamplePart> => {
    const examples = await loadOwnExamples(file, reading, most === undefined || file !== path ? {} : { most });
    const { count, features, targets } = examples;
    return {
      count,
      values: valuesOf(await features.read(0, count), preprocessing),
      targets: targets === undefined ? undefined : Float32Array.from(targets.values),
    };
  };
  const training = await read(path);
  return {
    name: path.split('/').at(-1) ?? path,
    preprocessing,
    task: reading.task,
    classes: reading.classes,
    training,
    test: test === undefined ? undefined : await read(test),
    guesses: [...guesses, ...more],
  };
}
