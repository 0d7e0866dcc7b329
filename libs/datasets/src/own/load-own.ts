import type { Examples } from '../examples.js';
import type { ReadOptions } from './own-examples.js';
import { readArrayExamples } from './read-arrays.js';
import { readImageExamples } from './read-images.js';
import { readTableExamples } from './read-table.js';
import type { OwnReading } from './reading.js';

/** True for data whose examples are images. */
export function isImages({ preprocessing }: Pick<OwnReading, 'preprocessing'>): boolean {
  return preprocessing.kind === 'images';
}

/**
 * Reads own data as examples: the same file and reading give the same ones.
 *
 * @throws InputError naming where the data is not what the reading says
 */
export async function loadOwnExamples(path: string, reading: OwnReading, options: ReadOptions = {}): Promise<Examples> {
  switch (reading.preprocessing.kind) {
    case 'table':
      return readTableExamples(path, reading, options);
    case 'images':
      return readImageExamples(path, reading, reading.preprocessing, options);
    case 'array':
      return readArrayExamples(path, reading, reading.preprocessing, options);
  }
}
