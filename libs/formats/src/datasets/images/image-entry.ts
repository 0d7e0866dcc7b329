/** An image of a dataset, not yet read. */
export interface ImageEntry {
  /** Where the file is, links resolved. */
  readonly path: string;
  readonly label?: string;
}

/** Above any set that is evaluated encrypted; bounds what a folder or list can make of memory (some 300 bytes each). */
export const MAX_IMAGES = 4_000_000;
