import { crc32, deflateSync } from 'node:zlib';

/** A PNG to be written; nothing is checked, so that tests can write wrong ones. */
export interface PngImage {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample; 8 unless given. */
  readonly depth?: number;
  /** 0 grey (unless given), 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly colourType?: number;
  /** Scanlines, each with its filter byte before it. */
  readonly scanlines: Uint8Array;
  /** Chunks between IHDR and IDAT: palette, transparency, text. */
  readonly chunks?: readonly Uint8Array[];
}

/** One chunk: length, name, data, checksum. */
export function pngChunk(name: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(12 + data.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) chunk[4 + i] = name.charCodeAt(i);
  chunk.set(data, 8);
  view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
  return chunk;
}

/** Bytes of a PNG file, with zlib alone. */
export function pngFile({ width, height, depth = 8, colourType = 0, scanlines, chunks = [] }: PngImage): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = depth;
  header[9] = colourType;
  return new Uint8Array(
    Buffer.concat([
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
      pngChunk('IHDR', header),
      ...chunks,
      pngChunk('IDAT', deflateSync(scanlines)),
      pngChunk('IEND', new Uint8Array()),
    ]),
  );
}

/**
 * Bytes of a PNG of 8 bits, grey or RGB.
 *
 * @param values height × width × channels, row-major
 */
export function plainPng(height: number, width: number, channels: 1 | 3, values: Uint8Array): Uint8Array {
  const row = width * channels;
  const scanlines = new Uint8Array(height * (row + 1));
  for (let y = 0; y < height; y++) scanlines.set(values.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  return pngFile({ width, height, colourType: channels === 1 ? 0 : 2, scanlines });
}
