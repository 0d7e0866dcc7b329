import * as zlib from 'node:zlib';
import { Damage } from './damage.js';

/** Codecs by their numbers in parquet.thrift. */
const NAMES = ['uncompressed', 'Snappy', 'GZIP', 'LZO', 'Brotli', 'LZ4', 'ZSTD', 'LZ4_RAW'];
/** How many bytes one byte can become, where the format bounds it: a copy of 64 bytes takes 2 to 3 with Snappy, 255 bytes one with LZ4. */
const MAX_RATIOS: Readonly<Record<number, number>> = { 1: 32, 2: 1032, 5: 256, 7: 256 };
const RATIO_SLACK = 1024;

/**
 * Decompresses a page.
 *
 * @param size what it has to have afterwards; no more memory is taken
 * @throws Damage when it has another size, cannot have that one, or is damaged
 */
export async function decompress(bytes: Uint8Array, codec: number, size: number): Promise<Uint8Array> {
  if (codec === 0) {
    if (bytes.length !== size) throw new Damage(`a page of ${bytes.length} bytes says it has ${size}`);
    return bytes;
  }
  const ratio = MAX_RATIOS[codec] ?? Infinity;
  if (size > bytes.length * ratio + RATIO_SLACK)
    throw new Damage(`a page says that ${bytes.length} bytes become ${size}`);
  let page: Uint8Array;
  try {
    page = await decompressor(codec, size)(bytes);
  } catch (cause) {
    if (cause instanceof Damage) throw cause;
    throw new Damage(`a page cannot be decompressed by ${NAMES[codec]}`, { cause });
  }
  if (page.length !== size) throw new Damage(`a page has ${page.length} bytes decompressed, it says ${size}`);
  return page;
}

function decompressor(codec: number, size: number): (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array> {
  const options = { maxOutputLength: Math.max(1, size) };
  switch (codec) {
    case 2:
      return (bytes) => zlib.gunzipSync(bytes, options);
    case 4:
      return (bytes) => zlib.brotliDecompressSync(bytes, options);
    case 6:
      return (bytes) => zlib.zstdDecompressSync(bytes, options);
    case 1:
    case 5:
    case 7:
      return async (bytes) => {
        const { compressors } = await import('hyparquet-compressors');
        const { SNAPPY, LZ4, LZ4_RAW } = compressors;
        const decode = codec === 1 ? SNAPPY : codec === 5 ? LZ4 : LZ4_RAW;
        // Never a view of memory that the next page overwrites.
        return Uint8Array.from(decode!(bytes, size));
      };
    default:
      throw new Damage(`codec ${NAMES[codec] ?? codec} is not read`);
  }
}
