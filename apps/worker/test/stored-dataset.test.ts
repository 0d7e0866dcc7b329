import { type StoredImages, storedImagesToBytes } from '@ciphernet/artifacts';
import { type BlobStore, openDirectoryStore } from '@ciphernet/blobs';
import { parseTrainJob } from '@ciphernet/queue';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { loadStoredDataset } from '../src/stored-dataset.js';

const [HEIGHT, WIDTH, COUNT, TESTS] = [4, 6, 5, 3];
const pixels = (count: number): Uint8Array => Uint8Array.from({ length: count * HEIGHT * WIDTH }, (_, i) => i % 251);

async function store(
  blobs: BlobStore,
  {
    labels = Uint8Array.of(0, 1, 2, 1, 0),
    images = pixels(COUNT),
    ...change
  }: Partial<StoredImages> & {
    labels?: Uint8Array;
    images?: Uint8Array;
  } = {},
): Promise<string> {
  const put = async (bytes: Uint8Array): Promise<string> => (await blobs.put(bytes)).digest;
  return put(
    storedImagesToBytes({
      name: 'encoded-01234567',
      note: 'obfuscated, not encrypted',
      height: HEIGHT,
      width: WIDTH,
      classes: 3,
      train: { count: COUNT, images: await put(images), labels: await put(labels) },
      test: { count: TESTS, images: await put(pixels(TESTS)) },
      ...change,
    }),
  );
}

describe('a set that its owner stored', () => {
  it('is read as a dataset for training, and test images without labels', async () => {
    await using folder = await temporaryFolder();
    const blobs = await openDirectoryStore(folder.path);
    const { train, test } = await loadStoredDataset(blobs, await store(blobs));
    expect(train).toMatchObject({ name: 'encoded-01234567', classes: 3, count: COUNT, split: 'train' });
    expect(train.shape).toEqual({ height: HEIGHT, width: WIDTH, channels: 1 });
    expect(train.images).toEqual(pixels(COUNT));
    expect([...train.labels]).toEqual([0, 1, 2, 1, 0]);
    expect(test).toEqual(pixels(TESTS));
  });

  it('with images or labels of another length, or labels beyond the classes, is refused', async () => {
    await using folder = await temporaryFolder();
    const blobs = await openDirectoryStore(folder.path);
    const refused = async (digest: Promise<string>): Promise<string> =>
      String(await loadStoredDataset(blobs, await digest).catch((error: unknown) => error));
    expect(await refused(store(blobs, { images: pixels(COUNT - 1) }))).toMatch(/96 bytes, 120 are expected/);
    expect(await refused(store(blobs, { images: pixels(COUNT + 1) }))).toMatch(/IntegrityError/);
    expect(await refused(store(blobs, { labels: Uint8Array.of(0, 1) }))).toMatch(/2 bytes, 5 are expected/);
    expect(await refused(store(blobs, { labels: Uint8Array.of(0, 1, 2, 3, 0) }))).toMatch(/label 3 of 3 classes/);
    const test = { count: TESTS, images: 'e'.repeat(64) };
    expect(await refused(store(blobs, { test }))).toMatch(/not there/);
    expect(await refused(Promise.resolve('f'.repeat(64)))).toMatch(/not there/);
  });

  it('is named in a job by its digest: never by a path', () => {
    const job = { run: 'train-test', model: 'encoded', epochs: 1, seed: 1 };
    const dataset = { stored: 'a'.repeat(64) };
    expect(parseTrainJob({ ...job, dataset }).dataset).toEqual(dataset);
    for (const wrong of [
      '/etc',
      './data',
      { stored: '/etc' },
      { stored: 'a'.repeat(63) },
      { ...dataset, path: '/etc' },
    ]) {
      expect(() => parseTrainJob({ ...job, dataset: wrong })).toThrow(/dataset/);
    }
  });
});
