import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plainPng } from './png-file.js';

/** Images in memory, as a dataset has them. */
export interface LabelledImages {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** count × height × width × channels. */
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/**
 * Writes `folder/label/NNNNN.png` for each image, NNNNN being its index in the set.
 *
 * @param classes names of the classes' folders; a label is its own name unless given
 * @returns paths in the order of the set, relative to the folder
 */
export async function writeImageFolder(
  folder: string,
  { height, width, channels, images, labels }: LabelledImages,
  classes: readonly string[] = [],
): Promise<string[]> {
  const size = height * width * channels;
  const nameOf = (label: number): string => classes[label] ?? String(label);
  for (const label of new Set(labels)) await mkdir(join(folder, nameOf(label)), { recursive: true });
  const paths: string[] = [];
  for (const [i, label] of labels.entries()) {
    const path = join(nameOf(label), `${String(i).padStart(5, '0')}.png`);
    await writeFile(join(folder, path), plainPng(height, width, channels, images.subarray(i * size, (i + 1) * size)));
    paths.push(path);
  }
  return paths;
}
