import { existsSync, statSync } from 'node:fs';
import { InputError } from '@ciphernet/foundation';
import type { Dataset, Split } from './dataset.js';
import { loadFashionMnist } from './fashion-mnist.js';
import { hasSplit, readFolder } from './folder.js';
import { loadMnist } from './mnist.js';

/** Names that {@link loadDataset} knows; anything else is a folder of IDX files. */
export const NAMED_DATASETS = ['mnist', 'fashion-mnist'] as const;

/** Where datasets are looked for. */
export interface LoadOptions {
  /** A folder with a folder of canonical files a named dataset: `mnist/`, `fashion-mnist/`. */
  readonly dataFolder?: string;
  /** Where downloads are kept. */
  readonly cacheFolder: string;
}

/** True for the path of own data: a file, or a folder without the MNIST family's IDX files. */
export function isOwnData(nameOrPath: string): boolean {
  if ((NAMED_DATASETS as readonly string[]).includes(nameOrPath) || !existsSync(nameOrPath)) return false;
  return !statSync(nameOrPath).isDirectory() || !(hasSplit(nameOrPath, 'test') || hasSplit(nameOrPath, 'train'));
}

/**
 * Loads a split of a named dataset, or of a user's folder with IDX files under the MNIST family's names.
 *
 * @throws InputError for an unknown name, a missing or damaged file
 * @throws UnavailableError when Fashion-MNIST is not there and cannot be downloaded
 */
export async function loadDataset(nameOrFolder: string, split: Split, options: LoadOptions): Promise<Dataset> {
  if (nameOrFolder === 'mnist') return loadMnist(split, options.dataFolder);
  if (nameOrFolder === 'fashion-mnist') return loadFashionMnist(split, options);
  if (existsSync(nameOrFolder) && statSync(nameOrFolder).isDirectory()) return readFolder(nameOrFolder, split);
  throw new InputError(`unknown dataset '${nameOrFolder}'`, {
    where: 'dataset',
    hint: `use ${NAMED_DATASETS.join(' or ')}, or the path of a folder with IDX files`,
  });
}
