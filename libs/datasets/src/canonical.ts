import { InputError, sha256Hex } from '@ciphernet/foundation';
import type { Split } from './dataset.js';

/** File names inside every folder of the MNIST family; `.gz` may follow. */
export const IDX_FILES: Readonly<Record<Split, { readonly images: string; readonly labels: string }>> = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
};

type Digests = Readonly<Record<Split, { readonly images: string; readonly labels: string }>>;

/** SHA-256 of the uncompressed IDX files, as first published. */
export const MNIST_DIGESTS: Digests = {
  train: {
    images: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    labels: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  },
  test: {
    images: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    labels: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  },
};

/** SHA-256 of the uncompressed IDX files of Fashion-MNIST after its duplicates were removed (Xiao et al. 2017). */
export const FASHION_DIGESTS: Digests = {
  train: {
    images: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
    labels: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  },
  test: {
    images: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
    labels: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  },
};

/** Compares bytes with the published ones. @throws InputError naming `where` when their digests differ */
export function checkDigest(bytes: Uint8Array, expected: string, where: string): void {
  const actual = sha256Hex(bytes);
  if (actual === expected) return;
  throw new InputError(`sha256 is ${actual}, the published file has ${expected}`, {
    where,
    hint: 'fetch the file again, or use the folder as a dataset of its own, by its path',
  });
}
