import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Teacher } from '@ciphernet/conversion';
import { idxFile, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { namedConversionData } from '../src/conversion/conversion-data.js';

const [TRAINING, TESTS] = [10, 4];
/** Of 2 × 2 images and two classes. */
const teacher = {
  nodes: [{ shape: { height: 2, width: 2, channels: 1 } }, { shape: { height: 1, width: 1, channels: 2 } }],
} as unknown as Teacher;

async function writeSplit(folder: string, prefix: 'train' | 't10k', count: number): Promise<string> {
  const images = join(folder, `${prefix}-images-idx3-ubyte`);
  const values = Uint8Array.from({ length: 4 * count }, (_, i) => (i * 37) % 256);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
  await writeFile(images, idxFile([count, 2, 2], values));
  await writeFile(join(folder, `${prefix}-labels-idx1-ubyte`), idxFile([count], labels));
  return images;
}

describe('a folder of IDX files that a conversion trains with', () => {
  it('may have a test split or none, and one that is damaged is not passed over', async () => {
    await using folder = await temporaryFolder();
    const { path } = folder;
    await writeSplit(path, 'train', TRAINING);
    const read = () => namedConversionData(path, teacher, { cacheFolder: path });
    expect(await read()).toMatchObject({ training: { count: TRAINING }, test: undefined });
    const images = await writeSplit(path, 't10k', TESTS);
    expect(await read()).toMatchObject({ training: { count: TRAINING }, test: { count: TESTS } });
    await truncate(images, 20);
    await expect(read()).rejects.toThrow(/t10k-images/);
  });
});
