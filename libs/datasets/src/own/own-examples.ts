import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { InputError } from '@ciphernet/foundation';
import type { Examples, Slices } from '../examples.js';
import type { GrowingRows } from '../feature-rows.js';
import { nameOf } from './cell.js';
import { shapeOf, transformFor } from './preprocessing.js';
import type { OwnReading } from './reading.js';

/** How own data is read besides its reading. */
export interface ReadOptions {
  /** What reports call it; the file's name unless given. */
  readonly name?: string;
  /** Only so many examples from the first. */
  readonly most?: number;
}

/** What was read of a file. */
export interface ReadParts {
  readonly features: ReturnType<GrowingRows['finished']>;
  /** count × targets of the task; undefined where nobody knows them. */
  readonly targets: Float64Array | undefined;
  readonly slices?: Slices | undefined;
  /** Where they came from, for the report. */
  readonly source: string;
}

/** SHA-256 of numbers in the machine's order of bytes, which is little-endian wherever this runs. */
function digestOf(parts: Iterable<Float64Array | Float32Array>): string {
  const hash = createHash('sha256');
  for (const values of parts) hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return hash.digest('hex');
}

/** Own data as examples, whatever kind of file it came in. */
export function ownExamples(
  path: string,
  { preprocessing, task, classes }: OwnReading,
  { name }: ReadOptions,
  { features, targets, slices, source }: ReadParts,
): Examples {
  return {
    name: name ?? basename(resolve(path)),
    split: 'test',
    source,
    shape: shapeOf(preprocessing),
    transform: transformFor(preprocessing),
    count: features.count,
    features,
    task,
    ...(classes === undefined ? {} : { classNames: classes }),
    ...(targets === undefined
      ? {}
      : { targets: { values: targets, ...(classes === undefined ? {} : { names: classes }) } }),
    ...(slices === undefined ? {} : { slices }),
    targetsDigest: digestOf(targets === undefined ? features.chunks() : [targets]),
  };
}

/** The class that a label names. @param what calls it in errors @throws InputError for a label that is no class */
export function classNamed(label: string | number, classes: readonly string[], what: string, where: string): number {
  const found = classes.indexOf(nameOf(label));
  if (found >= 0) return found;
  throw new InputError(`the ${what} is none of ${classes.slice(0, 8).join(', ')}`, {
    where,
    hint: 'name all classes, in the order of the model’s outputs',
  });
}
