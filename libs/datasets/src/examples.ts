import { sha256Hex } from '@ciphernet/foundation';
import { type InputTransform, type Shape, sizeOf, transformedShape } from '@ciphernet/network';
import type { Dataset, Split } from './dataset.js';
import { toFeatures } from './features.js';
import { type FeatureRows, rowsInMemory } from './feature-rows.js';
import type { Task } from './task.js';

/** What an owner knows of each example besides its features. */
export interface Targets {
  /** count × targets of the task: a class, 0 or 1, or a number. */
  readonly values: Float64Array;
  /** Names of the classes or labels, where there are any. */
  readonly names?: readonly string[];
}

/** Parts of the examples that are looked at by themselves. */
export interface Slices {
  /** The column that they come from. */
  readonly column: string;
  readonly names: readonly string[];
  /** One an example: its part. */
  readonly of: Uint16Array;
}

/** Examples as a model reads them and a producer encrypts them, with what only their owner knows. */
export interface Examples {
  readonly name: string;
  readonly split: Split;
  /** Where they came from, for the report. */
  readonly source: string;
  /** Of one example before the transform. */
  readonly shape: Shape;
  readonly transform: InputTransform;
  readonly count: number;
  readonly features: FeatureRows;
  readonly task: Task;
  /** Names of the classes that a model decides on, where they are known. */
  readonly classNames?: readonly string[];
  /** Absent where nobody knows the answers. */
  readonly targets?: Targets;
  readonly slices?: Slices;
  /** SHA-256 of the targets; of the features where there are none. The same examples under other keys have the same one. */
  readonly targetsDigest: string;
}

/** Labelled images as examples, after a public transform. @throws InputError when the transform does not fit */
export function examplesOf(dataset: Dataset, transform: InputTransform): Examples {
  const width = sizeOf(transformedShape(transform, dataset.shape));
  const { name, split, source, shape, count, classes } = dataset;
  return {
    name,
    split,
    source,
    shape,
    transform,
    count,
    features: rowsInMemory(toFeatures(transform, dataset.shape, dataset.images), width),
    task: { kind: 'multiclass', classes },
    targets: { values: Float64Array.from(dataset.labels) },
    targetsDigest: sha256Hex(dataset.labels),
  };
}
