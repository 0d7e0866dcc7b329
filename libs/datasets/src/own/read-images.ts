import { basename, resolve } from 'node:path';
import { type ImageEntry, decoderIdentity, listImageFolder, readImages } from '@ciphernet/formats';
import { InputError, IntegrityError } from '@ciphernet/foundation';
import type { Examples } from '../examples.js';
import { growingRows } from '../feature-rows.js';
import { digestOf } from './digest.js';
import { nameOf } from './cell.js';
import { type Preprocessing, affineOfFeatures, shapeOf, transformFor } from './preprocessing.js';
import type { OwnReading } from './reading.js';

type ImagePreprocessing = Extract<Preprocessing, { kind: 'images' }>;

function classOf({ path, label }: ImageEntry, classes: readonly string[]): number {
  const found = label === undefined ? -1 : classes.indexOf(nameOf(label));
  if (found >= 0) return found;
  throw new InputError(`the class ${JSON.stringify(label ?? '')} is none of ${classes.slice(0, 8).join(', ')}`, {
    where: path,
    hint: 'name all classes, in the order of the model’s outputs',
  });
}

/**
 * Reads a folder of images as examples, class by class in the order of the names.
 *
 * @throws IntegrityError where another decoder is installed than the reading names
 * @throws InputError naming the first image that cannot be read, or is of another size
 */
export async function readImageExamples(
  path: string,
  reading: OwnReading,
  preprocessing: ImagePreprocessing,
  options: { readonly name?: string; readonly most?: number } = {},
): Promise<Examples> {
  const decoder = await decoderIdentity();
  if (decoder !== preprocessing.decoder) {
    throw new IntegrityError(`images are decoded by ${decoder}, the preprocessing names ${preprocessing.decoder}`, {
      where: path,
      hint: 'decoders differ: import the model again with this one, or install the other',
    });
  }
  const { height, width, channels, grey, resize, crop } = preprocessing;
  const listed = (await listImageFolder(path)).entries;
  const entries = listed.slice(0, options.most ?? listed.length);
  const shape = shapeOf(preprocessing);
  const rows = growingRows(height * width * channels);
  const { offsets, scales } = affineOfFeatures(preprocessing);
  const transform = {
    grey,
    ...(resize ? { resize: { height, width } } : {}),
    ...(crop ? { crop: 'centre' as const } : {}),
  };
  for await (const { values } of readImages(entries, transform, { expected: { height, width, channels } })) {
    rows.append(
      values.map((value, i) => (value - (offsets[i % offsets.length] ?? 0)) / (scales[i % scales.length] ?? 1)),
    );
  }
  const features = rows.finished();
  if (features.count === 0) throw new InputError('no images', { where: path, hint: 'put a folder a class into it' });
  const { classes, label } = reading;
  const targets =
    label.length === 0 || classes === undefined
      ? undefined
      : { values: Float64Array.from(entries, (entry) => classOf(entry, classes)), names: classes };
  return {
    name: options.name ?? basename(resolve(path)),
    split: 'test',
    source: 'folder of images',
    shape,
    transform: transformFor(preprocessing),
    count: features.count,
    features,
    task: reading.task,
    ...(classes === undefined ? {} : { classNames: classes }),
    ...(targets === undefined ? {} : { targets }),
    targetsDigest: digestOf(targets === undefined ? features.chunks() : [targets.values]),
  };
}
