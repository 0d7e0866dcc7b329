import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function chunk(name: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(Buffer.from(name, 'latin1'), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/**
 * Grey images side by side as one PNG (ISO/IEC 15948: 8 bits, no filter).
 *
 * @param images count × height × width bytes
 * @throws RangeError for bytes that are no whole images
 */
export function greyStrip(images: Uint8Array, height: number, width: number): Uint8Array {
  const count = images.length / (height * width);
  if (!Number.isInteger(count) || count === 0) {
    throw new RangeError(`${images.length} bytes are no images of ${height}×${width}`);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, count * width);
  view.setUint32(4, height);
  header[8] = 8;
  const scanlines = new Uint8Array(height * (1 + count * width));
  for (let y = 0; y < height; y++) {
    for (let n = 0; n < count; n++) {
      const from = (n * height + y) * width;
      scanlines.set(images.subarray(from, from + width), y * (1 + count * width) + 1 + n * width);
    }
  }
  const end = chunk('IEND', new Uint8Array());
  return new Uint8Array(Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(scanlines)), end]));
}
