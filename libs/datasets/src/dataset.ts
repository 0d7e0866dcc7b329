/** Labelled images of one shape, as unsigned bytes. Immutable once made. */
export interface Dataset {
  /** What reports call it: `mnist`, `fashion-mnist`, `fashion-mnist-v1`, or the folder's name. */
  readonly name: string;
  readonly split: Split;
  /** Where the bytes came from, for the report: a package, a folder, an address. */
  readonly source: string;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly count: number;
  /** count × height × width bytes, row-major, 0 is background. */
  readonly images: Uint8Array;
  /** count labels, each below `classes`. */
  readonly labels: Uint8Array;
}

export type Split = 'train' | 'test';

/** The first `count` examples (all when `count` is larger). */
export function takeExamples(dataset: Dataset, count: number): Dataset {
  if (count >= dataset.count) return dataset;
  return sliceExamples(dataset, 0, count);
}

/** Examples `from` (inclusive) to `to` (exclusive), sharing the bytes. */
export function sliceExamples(dataset: Dataset, from: number, to: number): Dataset {
  const pixels = dataset.height * dataset.width;
  return Object.freeze({
    ...dataset,
    count: to - from,
    images: dataset.images.subarray(from * pixels, to * pixels),
    labels: dataset.labels.subarray(from, to),
  });
}

/** Pixels as fractions in [0, 1], the range that every model here is trained on: count × height × width. */
export function toUnitRange(images: Uint8Array): Float32Array {
  const unit = new Float32Array(images.length);
  for (let i = 0; i < images.length; i++) unit[i] = (images[i] ?? 0) / 255;
  return unit;
}
