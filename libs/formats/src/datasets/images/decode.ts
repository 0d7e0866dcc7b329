import { InputError } from '@ciphernet/foundation';
import { openImageFile } from './image-file.js';
import { isJpeg } from './jpeg-header.js';
import { jpegDecoderName, planJpeg } from './jpeg.js';
import { DECODE_LIMITS, type DecodeLimits, type DecodePlan, type Pixels } from './pixels.js';
import { isPng } from './png-chunks.js';
import { planPng } from './png.js';

/**
 * Looks at the bytes of an image file, whatever it is called, and says what decoding will take.
 *
 * @throws InputError for other formats and for what a header shows to be wrong, too large or not taken
 */
export function planDecoding(bytes: Uint8Array, where: string, { maxSide }: DecodeLimits): DecodePlan {
  if (isPng(bytes)) return planPng(bytes, where, maxSide);
  if (isJpeg(bytes)) return planJpeg(bytes, where, maxSide);
  throw new InputError('is neither a PNG nor a JPEG', {
    where,
    hint: 'convert the image to PNG; its bytes count, not its name',
  });
}

/**
 * Decodes a PNG or JPEG file, told apart by their bytes. Values are those of the file: 16 bits are kept, palettes become RGB,
 * grey of fewer bits is spread over 0 to 255, an alpha channel is dropped where all is opaque. EXIF orientation, colour
 * profiles and gamma are not applied, as most training programs do not.
 *
 * @throws InputError naming the file: truncated or damaged, transparent, CMYK, animated, of another format, above the limits, a
 *   link, not a plain file
 * @throws UnavailableError when the JPEG decoder is not installed
 */
export async function decodeImage(path: string, limits: DecodeLimits = DECODE_LIMITS): Promise<Pixels> {
  using file = openImageFile(path, limits.maxBytes);
  return await planDecoding(await file.read(), path, limits).decode();
}

/**
 * What decided about the pixels, as part of a dataset's identity: JPEG decoders differ by up to 52 of 255. A PNG is the same by
 * every decoder.
 */
export async function decoderIdentity(): Promise<string> {
  return `png lossless; jpeg ${await jpegDecoderName()}`;
}
