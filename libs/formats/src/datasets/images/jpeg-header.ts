import { InputError } from '@ciphernet/foundation';

/** What the frame header of a JPEG says. */
export interface JpegHeader {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly progressive: boolean;
}

/** Each scan of a progressive image costs a pass over all its coefficients; encoders write some ten. */
const MAX_SCANS = 100;

/** True when the bytes begin as a JPEG does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/** Start-of-frame markers: C0 to CF without the tables DHT (C4), JPG (C8) and DAC (CC). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Start-of-scan markers from a position on. In coded data 0 follows every byte FF, so that none is counted there. */
function countScans(bytes: Uint8Array, from: number): number {
  let scans = 0;
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === 0xda) scans++;
  }
  return scans;
}

/**
 * Reads sizes and components of a JPEG up to its frame header (ITU-T T.81, annex B), so that they are known before a decoder
 * takes memory.
 *
 * @throws InputError for a file without one, for CMYK and for kinds other than baseline, extended and progressive of 8 bits
 */
export function parseJpegHeader(bytes: Uint8Array, where: string): JpegHeader {
  const fail = (what: string, hint = 'fetch or write the file again; it is damaged'): never => {
    throw new InputError(`JPEG: ${what}`, { where, hint });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; ;) {
    if (at + 4 > bytes.length) return fail('ends before its frame header');
    if (bytes[at] !== 0xff) return fail('has no marker where one belongs');
    const marker = bytes[at + 1]!;
    // Any number of FF bytes may stand before a marker.
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9 || marker === 0xda) return fail('has no frame header');
    const length = view.getUint16(at + 2);
    if (length < 2 || at + 2 + length > bytes.length) return fail('ends inside a segment');
    if (!isFrame(marker)) {
      at += 2 + length;
      continue;
    }
    if (length < 8) return fail('has a frame header that is too short');
    const [precision, components] = [bytes[at + 4]!, bytes[at + 9]!];
    if (marker > 0xc2)
      return fail('is lossless, hierarchical or arithmetic-coded', 'save it as a baseline JPEG or as PNG');
    if (precision !== 8) return fail(`has ${precision} bits a value`, 'save it as a baseline JPEG or as PNG');
    if (components === 4) return fail('is of four colours (CMYK)', 'convert it to RGB or grey');
    if (components !== 1 && components !== 3) return fail(`has ${components} components`, 'convert it to RGB or grey');
    const scans = countScans(bytes, at + 2 + length);
    if (scans > MAX_SCANS)
      return fail(`has ${scans} scans, at most ${MAX_SCANS} are taken`, 'save it as a baseline JPEG');
    return {
      height: view.getUint16(at + 5),
      width: view.getUint16(at + 7),
      channels: components,
      progressive: marker === 0xc2,
    };
  }
}
