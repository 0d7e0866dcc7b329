import type { Dataset } from '@ciphernet/datasets';

/** Training data as the loop takes it. */
export interface LabelledImages {
  /** [height, width, channels] */
  readonly shape: readonly [number, number, number];
  readonly count: number;
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

export function labelledImages(dataset: Dataset): LabelledImages {
  const { height, width, count, images, labels } = dataset;
  return { shape: [height, width, 1], count, images, labels };
}
