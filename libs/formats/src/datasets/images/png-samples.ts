import type { PngChunks, PngHeader } from './png-chunks.js';
import type { Pass } from './png-scanlines.js';

/** Where the samples of a pass go, and what makes a value of a sample. */
interface Target {
  readonly chunks: PngChunks;
  readonly values: Uint8Array | Uint16Array;
  readonly channels: 1 | 3;
}

/** Reads sample `k` of a scanline that begins at `row`. Samples of less than a byte begin at its high bits. */
function sampleReader(bytes: Uint8Array, { depth }: PngHeader): (row: number, k: number) => number {
  if (depth === 8) return (row, k) => bytes[row + k]!;
  if (depth === 16) return (row, k) => (bytes[row + 2 * k]! << 8) | bytes[row + 2 * k + 1]!;
  const mask = (1 << depth) - 1;
  return (row, k) => (bytes[row + ((k * depth) >> 3)]! >> (8 - depth - ((k * depth) & 7))) & mask;
}

/** Calls `take` for each pixel of a pass: its first sample's index in the scanline, and its first value's in the image. */
function eachPixel(
  pass: Pass,
  header: PngHeader,
  channels: number,
  take: (row: number, k: number, at: number) => void,
) {
  for (let y = 0; y < pass.height; y++) {
    const row = pass.start + y * (pass.rowBytes + 1) + 1;
    const line = (pass.y0 + y * pass.dy) * header.width + pass.x0;
    for (let x = 0; x < pass.width; x++) take(row, x * header.samples, (line + x * pass.dx) * channels);
  }
}

/**
 * Writes the values of an unfiltered pass. Grey of fewer than 8 bits is spread over 0 to 255; palette entries become RGB.
 *
 * @returns what is wrong with the samples, or undefined
 */
export function writePass(bytes: Uint8Array, pass: Pass, { chunks, values, channels }: Target): string | undefined {
  const { header, palette, transparency } = chunks;
  const sample = sampleReader(bytes, header);
  const { colourType, depth, samples } = header;
  let problem: string | undefined;
  const TRANSPARENT = 'has transparent pixels, and what is behind them is not known';
  if (colourType === 3) {
    const entries = (palette?.length ?? 0) / 3;
    eachPixel(pass, header, channels, (row, k, at) => {
      const index = sample(row, k);
      if (index >= entries) problem ??= `a pixel names colour ${index} of a palette of ${entries}`;
      else if ((transparency?.[index] ?? 255) !== 255) problem ??= TRANSPARENT;
      for (let c = 0; c < 3; c++) values[at + c] = palette?.[3 * index + c] ?? 0;
    });
    return problem;
  }
  if (depth === 8 && samples === channels && pass.dx === 1 && pass.dy === 1 && transparency === undefined) {
    for (let y = 0; y < pass.height; y++) {
      const row = pass.start + y * (pass.rowBytes + 1) + 1;
      values.set(bytes.subarray(row, row + pass.rowBytes), y * pass.rowBytes);
    }
    return undefined;
  }
  const spread = depth < 8 ? 255 / ((1 << depth) - 1) : 1;
  const opaque = (1 << depth) - 1;
  // A colour that stands for transparency: two bytes a channel, of which the image's depth is used.
  const key = Array.from({ length: transparency === undefined ? 0 : channels }, (_, c) => {
    return (((transparency?.[2 * c] ?? 0) << 8) | (transparency?.[2 * c + 1] ?? 0)) & opaque;
  });
  eachPixel(pass, header, channels, (row, k, at) => {
    let keyed = key.length > 0;
    for (let c = 0; c < channels; c++) {
      const value = sample(row, k + c);
      if (value !== key[c]) keyed = false;
      values[at + c] = value * spread;
    }
    if (keyed || (samples > channels && sample(row, k + channels) !== opaque)) problem ??= TRANSPARENT;
  });
  return problem;
}
