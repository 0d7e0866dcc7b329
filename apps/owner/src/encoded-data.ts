import { type StoredImages, storedImagesFromBytes } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { type Dataset, loadDataset, takeExamples } from '@ciphernet/datasets';
import { InputError, IntegrityError, sha256Hex } from '@ciphernet/foundation';
import type { PairSet } from '@ciphernet/inversion';
import { type ImageEncoder, createImageEncoder, readEncodingKey } from '@ciphernet/keyring';
import { sizeOf } from '@ciphernet/network';
import { type EncodedRecord, type OwnerConfiguration, readEncodedRecord } from '@ciphernet/owner-records';

/** One part of a dataset with its encoded copy, both in the order of the dataset. */
export interface EncodedPart {
  readonly dataset: Dataset;
  readonly pairs: PairSet;
}

/** What an owner knows about an encoded copy: what it is a copy of, and what undoes its order and its names of classes. */
export interface EncodedData {
  readonly record: EncodedRecord;
  readonly set: StoredImages;
  readonly train: EncodedPart;
  readonly test: EncodedPart;
  /**
   * The owner's classes of the test examples, in the dataset's order.
   *
   * @param predictions a byte a test image, as a worker gave them
   * @throws IntegrityError for another number of them, and for classes that there are not
   */
  predicted(predictions: Uint8Array): Uint8Array;
}

type Owner = Pick<OwnerConfiguration, 'encodedFolder' | 'datasetFolders' | 'passphrase'>;

/** A part as it was encoded. @throws IntegrityError where it has changed since */
async function partOf({ source, train, test }: EncodedRecord, split: 'train' | 'test', owner: Owner): Promise<Dataset> {
  const expected = split === 'train' ? train : test;
  const dataset = takeExamples(await loadDataset(source, split, owner.datasetFolders), expected.count);
  if (sha256Hex(dataset.images) !== expected.images || sha256Hex(dataset.labels) !== expected.labels) {
    throw new IntegrityError('the data is not what was encoded', {
      where: `${source}, ${split} part`,
      hint: 'restore it, or encode it again',
    });
  }
  return dataset;
}

/** Rows in the dataset's order; in the copy example order[i] is at place i. */
function inOrder(rows: Uint8Array, order: Uint32Array): Uint8Array {
  const width = rows.length / order.length;
  const restored = new Uint8Array(rows.length);
  order.forEach((to, from) => restored.set(rows.subarray(from * width, (from + 1) * width), to * width));
  return restored;
}

async function encodedPart(
  dataset: Dataset,
  stored: { readonly images: string; readonly count: number },
  { set, encoder, blobs }: { set: StoredImages; encoder: ImageEncoder; blobs: BlobStore },
): Promise<EncodedPart> {
  const encodedWidth = set.height * set.width;
  const rows = await blobs.get(stored.images, dataset.count * encodedWidth);
  const encoded = inOrder(rows, encoder.order(dataset.count, dataset.split));
  const { count, images } = dataset;
  return { dataset, pairs: { count, width: sizeOf(dataset.shape), encodedWidth, images, encoded } };
}

/**
 * Opens an encoded copy as its owner: needs the record, the key and the data that was encoded.
 *
 * @throws InputError where one of them is missing or the key is another; IntegrityError where the data or the copy has changed
 */
export async function openEncodedData(owner: Owner, blobs: BlobStore, digest: string): Promise<EncodedData> {
  const record = await readEncodedRecord(owner.encodedFolder, digest);
  const key = await readEncodingKey(record.key, owner.passphrase);
  if (key.id !== record.keyId) {
    throw new InputError(`the key is ${key.id}, the copy was made with ${record.keyId}`, {
      where: record.key,
      hint: 'restore the key file that the copy was made with',
    });
  }
  const set = storedImagesFromBytes(await blobs.get(digest), `encoded copy ${digest.slice(0, 12)}`);
  const [train, test] = await Promise.all([partOf(record, 'train', owner), partOf(record, 'test', owner)]);
  const encoder = createImageEncoder(key, sizeOf(train.shape));
  const tools = { set, encoder, blobs };
  const order = encoder.order(test.count, 'test');
  const names = encoder.classes(record.classes);
  return {
    record,
    set,
    train: await encodedPart(train, set.train, tools),
    test: await encodedPart(test, set.test, tools),
    predicted(predictions) {
      const where = 'predictions of a worker';
      if (predictions.length !== test.count) {
        throw new IntegrityError(`${predictions.length} predictions for ${test.count} images`, { where });
      }
      const own = predictions.map((name) => {
        const found = names.indexOf(name);
        if (found < 0) throw new IntegrityError(`class ${name} of ${record.classes}`, { where });
        return found;
      });
      return inOrder(own, order);
    },
  };
}
