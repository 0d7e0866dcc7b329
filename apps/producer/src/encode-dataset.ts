import { join } from 'node:path';
import { type StoredImages, storedImagesToBytes } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import type { Dataset } from '@ciphernet/datasets';
import { idxOf } from '@ciphernet/formats';
import { InputError, sha256Hex, writeFolder, writeWhole } from '@ciphernet/foundation';
import { type EncodingKey, type ImageEncoder, createImageEncoder } from '@ciphernet/keyring';
import { type EncodedRecord, writeEncodedRecord } from '@ciphernet/owner-records';
import { sizeOf } from '@ciphernet/network';

/** What is encoded. */
export interface EncodingRequest {
  readonly train: Dataset;
  readonly test: Dataset;
  /** Name or absolute path, for the owner to find images and labels again. */
  readonly source: string;
}

/** Where an encoding's key is and its results go. */
export interface EncodingTools {
  readonly blobs: BlobStore;
  readonly key: EncodingKey;
  /** Absolute path of the key's file. */
  readonly keyFile: string;
  /** Where the owner's record goes, and the copy's files unless `out` says otherwise. */
  readonly encodedFolder: string;
  readonly out?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** An encoded copy: in the store for workers, and as IDX files for its owner. */
export interface EncodedDataset {
  /** Address of its description in the store. */
  readonly digest: string;
  readonly set: StoredImages;
  readonly folder: string;
  readonly seconds: number;
}

/** An encoded part, in the secret order and with the secret names of classes. */
interface EncodedPart {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

async function encodePart(
  { images, labels, count, shape, split }: Dataset,
  classes: Uint32Array,
  encoder: ImageEncoder,
  options: { readonly signal?: AbortSignal; readonly onProgress: (done: number) => void },
): Promise<EncodedPart> {
  const size = sizeOf(shape);
  const order = encoder.order(count, split);
  const ordered = new Uint8Array(images.length);
  order.forEach((from, to) => ordered.set(images.subarray(from * size, (from + 1) * size), to * size));
  return {
    images: await encoder.encode(ordered, split, options),
    labels: Uint8Array.from(order, (from) => classes[labels[from]!]!),
  };
}

/** @throws InputError unless both parts are of one dataset */
function assertOneDataset({ train, test }: EncodingRequest): void {
  const text = ({ shape }: Dataset): string => `${shape.height}×${shape.width}×${shape.channels}`;
  if (text(train) !== text(test)) {
    throw new InputError(`training images of ${text(train)}, test images of ${text(test)}`, {
      where: train.name,
      hint: 'both parts of a dataset have images of one size',
    });
  }
  if (Math.max(train.classes, test.classes) < 2) {
    throw new InputError('all examples are of one class', { where: train.name, hint: 'give labels of two at least' });
  }
}

/**
 * Encodes a dataset, puts into the store what workers may see (encoded images, and the training part's labels under secret names), writes
 * the copy as IDX files, test labels included, and keeps the owner's record. Obfuscation, not encryption.
 *
 * @throws InputError for parts that do not belong together, and for a folder that is there already; nothing half-written stays behind
 */
export async function encodeDataset(request: EncodingRequest, tools: EncodingTools): Promise<EncodedDataset> {
  assertOneDataset(request);
  const { train, test, source } = request;
  const { blobs, key, keyFile, encodedFolder, signal, onProgress } = tools;
  const classes = Math.max(train.classes, test.classes);
  const started = performance.now();
  const encoder = createImageEncoder(key, sizeOf(train.shape));
  const names = encoder.classes(classes);
  const total = train.count + test.count;
  const partOf = (dataset: Dataset, before: number): Promise<EncodedPart> =>
    encodePart(dataset, names, encoder, {
      ...(signal === undefined ? {} : { signal }),
      onProgress: (done) => onProgress?.(before + done, total),
    });
  const training = await partOf(train, 0);
  const testing = await partOf(test, train.count);
  const seconds = (performance.now() - started) / 1000;
  const put = async (bytes: Uint8Array): Promise<string> => (await blobs.put(bytes)).digest;
  const set: StoredImages = {
    name: `encoded-${key.id.slice(0, 8)}`,
    note: 'obfuscated, not encrypted',
    ...encoder.shape,
    classes,
    train: { count: train.count, images: await put(training.images), labels: await put(training.labels) },
    test: { count: test.count, images: await put(testing.images) },
  };
  const digest = await put(storedImagesToBytes(set));
  const folder = tools.out ?? join(encodedFolder, digest.slice(0, 16));
  const { height, width } = encoder.shape;
  await writeFolder(folder, { replace: tools.out === undefined, mode: 0o700 }, async (path) => {
    const write = (name: string, bytes: Uint8Array): Promise<void> => writeWhole(join(path, name), bytes);
    await write('train-images-idx3-ubyte', idxOf([train.count, height, width], training.images));
    await write('train-labels-idx1-ubyte', idxOf([train.count], training.labels));
    await write('t10k-images-idx3-ubyte', idxOf([test.count, height, width], testing.images));
    await write('t10k-labels-idx1-ubyte', idxOf([test.count], testing.labels));
  });
  const recordOf = ({ count, images, labels }: Dataset): EncodedRecord['train'] => ({
    count,
    images: sha256Hex(images),
    labels: sha256Hex(labels),
  });
  await writeEncodedRecord(encodedFolder, {
    version: 1,
    encoded: digest,
    source,
    name: train.name,
    key: keyFile,
    keyId: key.id,
    classes,
    train: recordOf(train),
    test: recordOf(test),
    seconds,
  });
  return { digest, set, folder, seconds };
}
