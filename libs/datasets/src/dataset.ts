import { type Shape, sizeOf } from '@ciphernet/network';

/** Labelled images of one shape, as unsigned bytes. Immutable once made. */
export interface Dataset {
  /** What reports call it: `mnist`, `fashion-mnist`, `fashion-mnist-v1`, or the folder's name. */
  readonly name: string;
  readonly split: Split;
  /** Where the bytes came from, for the report: a package, a folder, an address. */
  readonly source: string;
  /** Of one example. */
  readonly shape: Shape;
  readonly classes: number;
  readonly count: number;
  /** count × height × width × channels bytes, row-major, channels innermost, 0 is background. */
  readonly images: Uint8Array;
  /** count labels, each below `classes`. */
  readonly labels: Uint8Array;
}

/** Which part of a dataset: models are trained on one and reported on the other. */
export type Split = 'train' | 'test';

/** The first `count` examples (all when `count` is larger). */
export function takeExamples(dataset: Dataset, count: number): Dataset {
  if (count >= dataset.count) return dataset;
  return sliceExamples(dataset, 0, count);
}

/** Examples `from` (inclusive) to `to` (exclusive), sharing the bytes. */
export function sliceExamples(dataset: Dataset, from: number, to: number): Dataset {
  const values = sizeOf(dataset.shape);
  return Object.freeze({
    ...dataset,
    count: to - from,
    images: dataset.images.subarray(from * values, to * values),
    labels: dataset.labels.subarray(from, to),
  });
}
