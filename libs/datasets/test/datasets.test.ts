import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseIdx, readIdxBytes } from '@ciphernet/formats';
import { NO_TRANSFORM } from '@ciphernet/network';
import { idxFile, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { sliceExamples, takeExamples } from '../src/dataset.js';
import { toFeatures } from '../src/features.js';
import { loadDataset } from '../src/load.js';

/** An IDX file, of ascending bytes where no values are given. */
function idx(shape: number[], values?: number[]): Uint8Array {
  const size = shape.reduce((product, length) => product * length, 1);
  return idxFile(shape, values ?? Array.from({ length: size }, (_, i) => i % 256));
}

describe('IDX files', () => {
  it('give their shape and values', () => {
    const { shape, values } = parseIdx(idx([2, 3, 4]), 3, 'x');
    expect(shape).toEqual([2, 3, 4]);
    expect(values.length).toBe(24);
  });

  it.each([
    ['empty', new Uint8Array(0), /too few/],
    ['cut inside the header', idx([2, 3, 4]).subarray(0, 10), /too few/],
    ['cut inside the values', idx([2, 3, 4]).subarray(0, 30), /needs 40/],
    ['longer than the header says', Uint8Array.from([...idx([2, 3, 4]), 0]), /needs 40/],
    ['of labels where images are wanted', idx([20]), /magic number is 0x801, expected 0x803/],
    ['of another type', Uint8Array.from([0, 0, 13, 3, ...new Uint8Array(40)]), /magic number/],
    ['with an absurd shape', idx([1, 1, 1]).map((b, i) => (i >= 4 && i < 16 ? 255 : b)), /out of range/],
  ])('that are %s are refused with the place and what to do', (_name, bytes, message) => {
    expect(() => parseIdx(bytes, 3, '/data/file')).toThrow(message);
    expect(() => parseIdx(bytes, 3, '/data/file')).toThrow(/\/data\/file.*fetch the file again/);
  });

  it('may be gzipped; damaged gzip data is an error', async () => {
    await using folder = await temporaryFolder();
    const good = join(folder.path, 'good.gz');
    const bad = join(folder.path, 'bad.gz');
    await writeFile(good, gzipSync(idx([3])));
    await writeFile(bad, gzipSync(idx([3])).subarray(0, 15));
    expect(new Uint8Array(await readIdxBytes(good))).toEqual(idx([3]));
    await expect(readIdxBytes(bad)).rejects.toThrow(/damaged gzip/);
  });
});

describe('a folder of IDX files', () => {
  it('is a dataset under its own name', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'mine');
    await mkdir(path);
    await writeFile(join(path, 't10k-images-idx3-ubyte'), idx([3, 2, 2]));
    await writeFile(join(path, 't10k-labels-idx1-ubyte'), idx([3], [0, 4, 1]));
    const dataset = await loadDataset(path, 'test', { cacheFolder: folder.path });
    expect(dataset).toMatchObject({ name: 'mine', count: 3, shape: { height: 2, width: 2, channels: 1 }, classes: 5 });
    expect(takeExamples(dataset, 2).labels).toEqual(Uint8Array.of(0, 4));
    expect(sliceExamples(dataset, 1, 3).images[0]).toBe(4);
    expect(toFeatures(NO_TRANSFORM, { height: 1, width: 2, channels: 1 }, Uint8Array.of(0, 255))).toEqual(
      Float32Array.of(0, 1),
    );
  });

  it.each([
    ['labels are missing', undefined, /no t10k-labels/],
    ['labels are of another count', idx([2], [0, 1]), /2 labels for 3 images/],
  ])('whose %s is refused', async (_name, labels, message) => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 't10k-images-idx3-ubyte'), idx([3, 2, 2]));
    if (labels !== undefined) await writeFile(join(folder.path, 't10k-labels-idx1-ubyte'), labels);
    await expect(loadDataset(folder.path, 'test', { cacheFolder: folder.path })).rejects.toThrow(message);
  });
});

describe('named datasets', () => {
  it('mnist is the published split', async () => {
    const test = await loadDataset('mnist', 'test', { cacheFolder: '' });
    expect(test).toMatchObject({
      name: 'mnist',
      count: 10_000,
      shape: { height: 28, width: 28, channels: 1 },
      classes: 10,
    });
    expect([...test.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
    expect((await loadDataset('mnist', 'train', { cacheFolder: '' })).count).toBe(60_000);
  });

  const debian = existsSync('/usr/share/datasets/fashion-mnist');
  (debian ? it : it.skip)('fashion-mnist is the published split where it is installed', async () => {
    const test = await loadDataset('fashion-mnist', 'test', { cacheFolder: '' });
    expect(test).toMatchObject({ name: 'fashion-mnist', count: 10_000, classes: 10 });
  });

  it('with other bytes than published are refused', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'mnist');
    await mkdir(path);
    await writeFile(join(path, 't10k-images-idx3-ubyte'), idx([3, 2, 2]));
    await writeFile(join(path, 't10k-labels-idx1-ubyte'), idx([3]));
    const load = loadDataset('mnist', 'test', { cacheFolder: '', dataFolder: folder.path });
    await expect(load).rejects.toThrow(/sha256 is .* the published file has/);
  });

  it('that do not exist are an error that lists those that do', async () => {
    await expect(loadDataset('minst', 'test', { cacheFolder: '' })).rejects.toThrow(
      /unknown dataset 'minst'.*mnist or fashion-mnist/,
    );
  });
});
