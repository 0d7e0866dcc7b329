/** Training data as the loop takes it: the part of a dataset that it reads. */
export interface LabelledImages {
  readonly count: number;
  /** count × height × width × channels bytes. */
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}
