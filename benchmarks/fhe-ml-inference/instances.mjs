// The benchmark's four sizes, and their inputs as its harness writes them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** By the number that every stage is given. */
export const INSTANCES = [
  { name: 'single', images: 1 },
  { name: 'small', images: 100 },
  { name: 'medium', images: 1000 },
  { name: 'large', images: 10_000 },
];

/**
 * Writes the first test images as `test_pixels.txt`, 784 numbers of six decimals a line.
 *
 * @param {string} repository
 * @param {{ name: string, images: number }} instance
 * @returns {Promise<Uint8Array>} their labels
 */
export async function writeInstance(repository, { name, images }) {
  const { loadDataset, takeExamples } = await import('@ciphernet/datasets');
  const test = takeExamples(await loadDataset('mnist', 'test', { cacheFolder: join(repository, 'cache') }), images);
  const folder = join(repository, 'datasets', name, 'intermediate');
  mkdirSync(folder, { recursive: true });
  const text = Array.from({ length: 256 }, (_, byte) => (byte / 255).toFixed(6));
  const size = test.images.length / test.count;
  const lines = [];
  for (let n = 0; n < test.count; n++)
    lines.push(Array.from(test.images.subarray(n * size, (n + 1) * size), (byte) => text[byte]).join(' '));
  writeFileSync(join(folder, 'test_pixels.txt'), `${lines.join('\n')}\n`);
  return test.labels;
}
