import { type ImageEntry, decoderIdentity, readImages } from '@ciphernet/formats';
import { InputError, IntegrityError } from '@ciphernet/foundation';
import type { Examples } from '../examples.js';
import { growingRows } from '../feature-rows.js';
import { listImages } from './list-images.js';
import { type ReadOptions, classNamed, ownExamples } from './own-examples.js';
import { type Preprocessing, normalised } from './preprocessing.js';
import type { OwnReading } from './reading.js';

type ImagePreprocessing = Extract<Preprocessing, { kind: 'images' }>;

function classOf({ path, label = '' }: ImageEntry, classes: readonly string[]): number {
  return classNamed(label, classes, `class ${JSON.stringify(label)}`, path);
}

/**
 * Reads images as examples: those of a folder class by class in the order of the names, those of a list in the order of its lines.
 *
 * @throws IntegrityError where another decoder is installed than the reading names
 * @throws InputError naming the first image that cannot be read, or is of another size
 */
export async function readImageExamples(
  path: string,
  reading: OwnReading,
  preprocessing: ImagePreprocessing,
  options: ReadOptions = {},
): Promise<Examples> {
  const decoder = await decoderIdentity();
  if (decoder !== preprocessing.decoder) {
    throw new IntegrityError(`images are decoded by ${decoder}, the preprocessing names ${preprocessing.decoder}`, {
      where: path,
      hint: 'decoders differ: import the model again with this one, or install the other',
    });
  }
  const { height, width, channels, grey, resize, crop } = preprocessing;
  const { entries: listed, isFolder } = await listImages(path, reading.label[0]);
  const entries = listed.slice(0, options.most ?? listed.length);
  const rows = growingRows(height * width * channels);
  const transform = {
    grey,
    ...(resize ? { resize: { height, width } } : {}),
    ...(crop ? { crop: 'centre' as const } : {}),
  };
  for await (const { values } of readImages(entries, transform, { expected: { height, width, channels } })) {
    rows.append(normalised(values, preprocessing));
  }
  const features = rows.finished();
  if (features.count === 0) throw new InputError('no images', { where: path, hint: 'put a folder a class into it' });
  const { classes, label } = reading;
  const isKnown = label.length > 0 && classes !== undefined;
  return ownExamples(path, reading, options, {
    features,
    targets: isKnown ? Float64Array.from(entries, (entry) => classOf(entry, classes)) : undefined,
    source: isFolder ? 'folder of images' : 'list of images',
  });
}
