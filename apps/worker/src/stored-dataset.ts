import { storedImagesFromBytes } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import type { Dataset } from '@ciphernet/datasets';
import { IntegrityError } from '@ciphernet/foundation';

/** A set that its owner stored for workers to see. */
export interface StoredDataset {
  readonly train: Dataset;
  /** Without labels: count × height × width bytes. */
  readonly test: Uint8Array;
}

async function bytesOf(blobs: BlobStore, digest: string, length: number, where: string): Promise<Uint8Array> {
  const bytes = await blobs.get(digest, length);
  if (bytes.length === length) return bytes;
  throw new IntegrityError(`${bytes.length} bytes, ${length} are expected`, { where });
}

/**
 * Reads a stored set.
 *
 * @throws IntegrityError for parts that are missing, of another length, or with labels beyond the classes; InputError for what is no
 *   description of a set
 */
export async function loadStoredDataset(blobs: BlobStore, digest: string): Promise<StoredDataset> {
  const where = `dataset ${digest.slice(0, 12)}`;
  const { name, height, width, classes, train, test } = storedImagesFromBytes(await blobs.get(digest, 65_536), where);
  const images = await bytesOf(blobs, train.images, train.count * height * width, `${where}, training images`);
  const labels = await bytesOf(blobs, train.labels, train.count, `${where}, training labels`);
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) throw new IntegrityError(`label ${labels[wrong]} of ${classes} classes`, { where });
  return {
    train: {
      name,
      split: 'train',
      source: 'store',
      shape: { height, width, channels: 1 },
      classes,
      count: train.count,
      images,
      labels,
    },
    test: await bytesOf(blobs, test.images, test.count * height * width, `${where}, test images`),
  };
}
