import { readFile } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { InputError } from '@ciphernet/foundation';

/**
 * The IDX format of the MNIST family (http://yann.lecun.com/exdb/mnist/): two zero bytes, a type byte (0x08: unsigned
 * byte), the number of dimensions, a big-endian 32-bit size each, then the values.
 */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/** Larger than any MNIST-like set (EMNIST ByClass is 640 MB); bounds what a header can ask for. */
const MAX_VALUES = 2 ** 31;

/** The type byte, and the only one here. */
const UNSIGNED_BYTES = 8;

/** Images come to a fifth, sparse ones to a fiftieth of their size: what inflates beyond this is made to. Labels do, but are few. */
const MOST_RATIO = 250;
const ANY_RATIO_BYTES = 2 ** 26;

/**
 * Parses IDX bytes of unsigned bytes.
 *
 * @param dimensions how many the header must say
 * @param where names the file in errors
 * @throws InputError for another type, another number of dimensions, and a length that the sizes do not give
 */
export function parseIdx(bytes: Uint8Array, dimensions: number, where: string): IdxArray {
  const fail = (what: string): never => {
    throw new InputError(what, { where, hint: 'fetch the file again; it is truncated or not an IDX file' });
  };
  const headerLength = 4 + 4 * dimensions;
  if (bytes.length < headerLength) fail(`${bytes.length} bytes are too few for an IDX header of ${headerLength}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expected = 0x0800 | dimensions;
  if (magic !== expected) {
    fail(`IDX magic number is 0x${magic.toString(16)}, expected 0x${expected.toString(16)} (${dimensions} dimensions)`);
  }
  const shape: number[] = [];
  for (let i = 0; i < dimensions; i++) shape.push(view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, length) => product * length, 1);
  if (size < 1 || size > MAX_VALUES) fail(`shape ${shape.join('×')} is out of range`);
  if (bytes.length !== headerLength + size) {
    fail(`${bytes.length} bytes, but shape ${shape.join('×')} needs ${headerLength + size}`);
  }
  return Object.freeze({ shape, values: bytes.subarray(headerLength) });
}

/** Reads an IDX file, inflating it when it is gzipped. @throws InputError when it cannot be read or inflated */
export async function readIdxBytes(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new InputError('cannot read the file', { where: path, hint: 'check the path and its permissions', cause });
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  return inflateIdx(bytes, path);
}

/** Length that a file's header gives it; `none` for what is no header or out of range, undefined while it has not all come. */
function lengthOf(start: Uint8Array): number | 'none' | undefined {
  if (start.subarray(0, 3).some((byte, at) => byte !== (at === 2 ? UNSIGNED_BYTES : 0))) return 'none';
  const headerLength = 4 + 4 * (start[3] ?? 0);
  if (start.length < headerLength || start.length < 4) return undefined;
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  let size = 1;
  for (let at = 4; at < headerLength; at += 4) size *= view.getUint32(at);
  return size > MAX_VALUES ? 'none' : headerLength + size;
}

/** Pieces of what is inflated; @throws InputError for damaged data */
async function* inflated(bytes: Uint8Array, where: string): AsyncGenerator<Buffer> {
  const inflating = createGunzip();
  inflating.end(bytes);
  try {
    for await (const chunk of inflating as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    throw new InputError('damaged gzip data', { where, hint: 'fetch the file again', cause });
  }
}

/** Inflates as much as the header says, and of what is no IDX file the beginning: a megabyte can stand for a gigabyte. */
async function inflateIdx(bytes: Uint8Array, where: string): Promise<Uint8Array> {
  const most = Math.max(ANY_RATIO_BYTES, MOST_RATIO * bytes.length);
  const fail = (what: string): InputError => new InputError(what, { where, hint: 'fetch the file again' });
  let start: Uint8Array = new Uint8Array();
  let whole: Uint8Array | undefined;
  let length = 0;
  for await (const chunk of inflated(bytes, where)) {
    if (whole === undefined) {
      start = Buffer.concat([start, chunk]);
      const expected = lengthOf(start);
      if (expected === undefined) continue;
      // Refused by its header, where it is parsed.
      if (expected === 'none') return start;
      if (expected > most) throw fail(`${bytes.length} bytes of gzip that stand for ${expected}`);
      whole = new Uint8Array(expected);
    }
    const piece: Uint8Array = length === 0 ? start : chunk;
    if (length + piece.length > whole.length) throw fail(`more than the ${whole.length} bytes that its header says`);
    whole.set(piece, length);
    length += piece.length;
  }
  return whole?.subarray(0, length) ?? start;
}

/**
 * Bytes of an IDX file of unsigned bytes.
 *
 * @param shape lengths of its dimensions, the outermost first; 1 to 255 of them
 * @param values row-major
 * @throws RangeError for another number of values than the shape's
 */
export function idxOf(shape: readonly number[], values: Uint8Array): Uint8Array {
  const size = shape.reduce((product, length) => product * length, 1);
  if (values.length !== size) throw new RangeError(`${values.length} values for an array of ${shape.join('×')}`);
  const headerLength = 4 + 4 * shape.length;
  const bytes = new Uint8Array(headerLength + size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 | shape.length);
  shape.forEach((length, i) => view.setUint32(4 + 4 * i, length));
  bytes.set(values, headerLength);
  return bytes;
}
