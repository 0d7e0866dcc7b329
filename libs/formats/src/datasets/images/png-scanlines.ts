import type { PngHeader } from './png-chunks.js';

/** One pass over an image: its pixel (x, y) is pixel (x0 + x·dx, y0 + y·dy) of the image. */
export interface Pass {
  readonly x0: number;
  readonly y0: number;
  readonly dx: number;
  readonly dy: number;
  readonly width: number;
  readonly height: number;
  /** Bytes of a scanline without its filter byte. */
  readonly rowBytes: number;
  /** Where its first scanline begins in the inflated data. */
  readonly start: number;
}

/** Adam7 (ISO/IEC 15948, 8.2): x0, y0, dx, dy of the seven passes. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The passes of an image that hold a pixel, and the bytes of all their scanlines, filter bytes included. */
export function passesOf(header: PngHeader): { readonly passes: readonly Pass[]; readonly bytes: number } {
  const layout = header.interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const);
  const passes: Pass[] = [];
  let start = 0;
  for (const [x0, y0, dx, dy] of layout) {
    const width = Math.ceil((header.width - x0) / dx);
    const height = Math.ceil((header.height - y0) / dy);
    if (width < 1 || height < 1) continue;
    const rowBytes = Math.ceil((width * header.samples * header.depth) / 8);
    passes.push({ x0, y0, dx, dy, width, height, rowBytes, start });
    start += height * (rowBytes + 1);
  }
  return { passes, bytes: start };
}

/** The neighbour (left, above, above left) that is nearest to left + above − above left. */
function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

/** Adds to each byte of a row what its filter, 1 to 4, predicts of the bytes before it and of the row above. */
function unfilterRow(filter: number, row: Uint8Array, above: Uint8Array, step: number): void {
  // Left of the image all is 0: the first pixel has only what is above it.
  const first = Math.min(step, row.length);
  if (filter === 1) {
    for (let i = step; i < row.length; i++) row[i] = row[i]! + row[i - step]!;
  } else if (filter === 2) {
    for (let i = 0; i < row.length; i++) row[i] = row[i]! + above[i]!;
  } else if (filter === 3) {
    for (let i = 0; i < first; i++) row[i] = row[i]! + (above[i]! >> 1);
    for (let i = step; i < row.length; i++) row[i] = row[i]! + ((row[i - step]! + above[i]!) >> 1);
  } else {
    for (let i = 0; i < first; i++) row[i] = row[i]! + above[i]!;
    for (let i = step; i < row.length; i++) row[i] = row[i]! + paeth(row[i - step]!, above[i]!, above[i - step]!);
  }
}

/**
 * Undoes the filters of a pass in place (ISO/IEC 15948, clause 9).
 *
 * @param bytes the inflated data, as long as `passesOf` says
 * @param step bytes from a sample to its left neighbour: those of a pixel, at least 1
 * @returns the first filter type that does not exist, or undefined
 */
export function unfilter(bytes: Uint8Array, pass: Pass, step: number): number | undefined {
  const { rowBytes, height, start } = pass;
  // Above the image all is 0.
  let above: Uint8Array = new Uint8Array(rowBytes);
  for (let y = 0; y < height; y++) {
    const at = start + y * (rowBytes + 1);
    const filter = bytes[at]!;
    if (filter > 4) return filter;
    const row = bytes.subarray(at + 1, at + 1 + rowBytes);
    if (filter > 0) unfilterRow(filter, row, above, step);
    above = row;
  }
  return undefined;
}
