import { InputError, UnavailableError, messageOf } from '@ciphernet/foundation';
import type sharp from 'sharp';
import { parseJpegHeader } from './jpeg-header.js';
import type { DecodePlan, Pixels } from './pixels.js';

type Sharp = typeof sharp;

let loaded: Promise<Sharp> | undefined;

/** sharp, set up once: it decodes JPEG and nothing else, in one thread an image, and keeps nothing. */
async function loadSharp(): Promise<Sharp> {
  try {
    const { default: sharp } = await import('sharp');
    sharp.cache(false);
    sharp.concurrency(1);
    // libvips guesses a file's kind from its bytes; of dozens of decoders only this one may see them.
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: ['VipsForeignLoadJpegBuffer'] });
    return sharp;
  } catch (cause) {
    throw new UnavailableError('the JPEG decoder cannot be loaded', {
      where: 'sharp',
      hint: 'install the packages on this machine, or convert the images to PNG',
      cause,
    });
  }
}

function sharpOnce(): Promise<Sharp> {
  loaded ??= loadSharp();
  return loaded;
}

/** The versions of the libraries that decide about a JPEG's pixels: `sharp 0.35.5, libvips 8.18.7, mozjpeg 0826579`. */
export async function jpegDecoderName(): Promise<string> {
  const { versions } = await sharpOnce();
  // A libvips of the system brings a JPEG library of its own, whose version it does not tell.
  const { sharp = 'unknown', vips, mozjpeg = 'unknown' } = versions as Partial<Record<string, string>>;
  return `sharp ${sharp}, libvips ${vips}, mozjpeg ${mozjpeg}`;
}

/**
 * A decoder of JPEG by sharp, which is asked for the values that the file holds: no colour profile is applied, no EXIF
 * orientation, no resizing; grey stays grey. Of several pictures in one file (MPO) the first is taken.
 *
 * @throws InputError at once for what the header shows, and from `decode` for truncated and damaged data
 */
export function planJpeg(bytes: Uint8Array, where: string, maxSide: number): DecodePlan {
  const { height, width, channels, progressive } = parseJpegHeader(bytes, where);
  const hint = 'fetch or write the file again; it is damaged';
  if (height < 1 || width < 1) throw new InputError(`JPEG: ${height}×${width} pixels`, { where, hint });
  if (height > maxSide || width > maxSide) {
    throw new InputError(`JPEG: ${height}×${width} pixels, at most ${maxSide} a side are taken`, {
      where,
      hint: 'reduce the image',
    });
  }
  const decode = async (): Promise<Pixels> => {
    const sharp = await sharpOnce();
    const input = { failOn: 'warning', ignoreIcc: true, limitInputPixels: maxSide * maxSide } as const;
    const { data, info } = await sharp(bytes, input)
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
      .catch((cause: unknown) => {
        throw new InputError(`JPEG: cannot be decoded: ${messageOf(cause)}`, { where, hint, cause });
      });
    if (info.height !== height || info.width !== width || info.channels !== channels) {
      throw new InputError('JPEG: its header and its data differ in size', { where, hint });
    }
    return { height, width, channels, depth: 8, values: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  };
  // A progressive image is held as coefficients of 2 bytes until its last scan.
  return { memory: height * width * channels * (progressive ? 4 : 2), decode };
}
