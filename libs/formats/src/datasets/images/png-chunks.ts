import { crc32 } from 'node:zlib';
import { InputError } from '@ciphernet/foundation';

/** Colour types of a PNG: samples a pixel, and the depths that the format allows. */
const COLOUR_TYPES: Readonly<Record<number, { readonly samples: number; readonly depths: readonly number[] }>> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, depths: [8, 16] },
  3: { samples: 1, depths: [1, 2, 4, 8] },
  4: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
};

/** What an IHDR chunk says. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly colourType: number;
  /** Samples of a pixel, alpha among them. */
  readonly samples: number;
  /** In seven passes (Adam7). */
  readonly interlaced: boolean;
}

/** The chunks that decide about pixels. Their data are views of the file. */
export interface PngChunks {
  readonly header: PngHeader;
  readonly palette: Uint8Array | undefined;
  readonly transparency: Uint8Array | undefined;
  /** The compressed scanlines, in order. */
  readonly data: readonly Uint8Array[];
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;

/** True when the bytes begin as a PNG does, whatever the file is called. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

function parseHeader(chunk: Uint8Array, fail: (what: string) => never): PngHeader {
  if (chunk.length !== 13) return fail(`IHDR has ${chunk.length} bytes instead of 13`);
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth = 0, colourType = 0, compression, filter, interlace = 0] = chunk.subarray(8);
  const kind = COLOUR_TYPES[colourType];
  if (kind?.depths.includes(depth) !== true) return fail(`there is no colour type ${colourType} of ${depth} bits`);
  if (compression !== 0 || filter !== 0 || interlace > 1)
    return fail('unknown compression, filter or interlace method');
  return { width, height, depth, colourType, samples: kind.samples, interlaced: interlace === 1 };
}

/**
 * Takes a PNG apart (ISO/IEC 15948, clause 5). The checksums of the chunks that decide about pixels are verified; text, colour
 * profiles and other ancillary chunks are passed over.
 *
 * @throws InputError for damage, for a file that ends before IEND, for chunks out of order and for an animation
 */
export function parsePngChunks(bytes: Uint8Array, where: string): PngChunks {
  const fail = (what: string, hint = 'fetch or write the file again; it is damaged'): never => {
    throw new InputError(`PNG: ${what}`, { where, hint });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array[] = [];
  let header: PngHeader | undefined;
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  let dataEnded = false;
  for (let at = SIGNATURE.length; ;) {
    if (at + 12 > bytes.length) return fail('ends before its IEND chunk');
    const length = view.getUint32(at);
    const end = at + 8 + length;
    if (end + 4 > bytes.length) return fail('ends inside a chunk');
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) return fail('a chunk has no name');
    const chunk = bytes.subarray(at + 8, end);
    // An upper-case initial says that the chunk is critical; tRNS is not, and yet decides.
    const decides = /^[A-Z]/.test(type) || type === 'tRNS';
    if (decides && crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) {
      return fail(`the checksum of chunk ${type} does not fit`);
    }
    if (header === undefined && type !== 'IHDR') return fail('does not begin with IHDR');
    if (data.length > 0 && type !== 'IDAT') dataEnded = true;
    if (type === 'IHDR') {
      if (header !== undefined) return fail('has two IHDR chunks');
      header = parseHeader(chunk, fail);
    } else if (type === 'PLTE') {
      if (palette !== undefined || data.length > 0) return fail('its palette is not where it belongs');
      if (length === 0 || length % 3 !== 0 || length > 768) return fail(`a palette of ${length} bytes`);
      palette = chunk;
    } else if (type === 'tRNS') {
      if (transparency !== undefined || data.length > 0) return fail('its tRNS chunk is not where it belongs');
      transparency = chunk;
    } else if (type === 'IDAT') {
      if (dataEnded) return fail('its IDAT chunks do not follow each other');
      data.push(chunk);
    } else if (type === 'IEND') {
      if (header === undefined || data.length === 0) return fail('has no image data');
      return { header, palette, transparency, data };
    } else if (type === 'acTL') {
      return fail('is an animation, which is more than one image', 'save one frame as a PNG of its own');
    } else if (decides) {
      return fail(`chunk ${type} is unknown and critical`);
    }
    at = end + 4;
  }
}
