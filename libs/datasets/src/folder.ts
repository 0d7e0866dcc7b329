import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseIdx, readIdxBytes } from '@ciphernet/formats';
import { InputError, elementAt } from '@ciphernet/foundation';
import { IDX_FILES, checkDigest } from './canonical.js';
import type { Dataset, Split } from './dataset.js';

/** What a caller knows of a folder besides its files. */
export interface FolderOptions {
  readonly name?: string;
  readonly source?: string;
  /** When given, both files must have these SHA-256 digests. */
  readonly digests?: { readonly images: string; readonly labels: string };
}

/** Images beyond this are not MNIST-like: every pixel is a ciphertext. */
const MAX_SIDE = 256;

function findFile(folder: string, name: string): string | undefined {
  return [join(folder, name), join(folder, `${name}.gz`)].find((path) => existsSync(path));
}

/** True when both files of the split are there. */
export function hasSplit(folder: string, split: Split): boolean {
  return [IDX_FILES[split].images, IDX_FILES[split].labels].every((name) => findFile(folder, name) !== undefined);
}

/**
 * Reads a split from a folder with the MNIST family's four file names, plain or gzipped.
 *
 * @throws InputError when a file is missing, truncated, of another type, or the two disagree in their counts
 */
export async function readFolder(folder: string, split: Split, options: FolderOptions = {}): Promise<Dataset> {
  const path = (name: string): string => {
    const found = findFile(folder, name);
    if (found !== undefined) return found;
    throw new InputError(`no ${name} or ${name}.gz`, {
      where: resolve(folder),
      hint: `the folder must hold ${IDX_FILES[split].images} and ${IDX_FILES[split].labels}`,
    });
  };
  const imagesPath = path(IDX_FILES[split].images);
  const labelsPath = path(IDX_FILES[split].labels);
  const [imageBytes, labelBytes] = await Promise.all([readIdxBytes(imagesPath), readIdxBytes(labelsPath)]);
  // Shape before digest: "truncated" tells a person more than "the digest differs".
  const images = parseIdx(imageBytes, 3, imagesPath);
  const labels = parseIdx(labelBytes, 1, labelsPath);
  if (options.digests !== undefined) {
    checkDigest(imageBytes, options.digests.images, imagesPath);
    checkDigest(labelBytes, options.digests.labels, labelsPath);
  }
  const [count, height, width] = [0, 1, 2].map((axis) => elementAt(images.shape, axis)) as [number, number, number];
  if (labels.shape[0] !== count) {
    throw new InputError(`${labels.shape[0]} labels for ${count} images`, {
      where: labelsPath,
      hint: 'the two files belong to different sets',
    });
  }
  if (height > MAX_SIDE || width > MAX_SIDE) {
    throw new InputError(`images of ${height}×${width} are larger than ${MAX_SIDE}×${MAX_SIDE}`, {
      where: imagesPath,
      hint: 'reduce the images before they are encrypted',
    });
  }
  let classes = 0;
  for (const label of labels.values) classes = Math.max(classes, label + 1);
  return Object.freeze({
    name: options.name ?? basename(resolve(folder)),
    split,
    source: options.source ?? 'folder',
    shape: { height, width, channels: 1 },
    classes,
    count,
    images: images.values,
    labels: labels.values,
  });
}
