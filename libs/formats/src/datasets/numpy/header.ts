import { InputError } from '@ciphernet/foundation';
import { type ByteSource, headOf } from '../byte-source.js';
import { type Dtype, dtypeOf } from './dtype.js';

/** What the header of an npy file says, with the place of the values. */
export interface NpyHeader {
  readonly shape: readonly number[];
  /** As NumPy writes it, like `<f8`. */
  readonly descr: string;
  /** Undefined where the values are of a kind that is not read (text, objects, complex numbers). */
  readonly dtype: Dtype | undefined;
  readonly fortran: boolean;
  /** Where the values begin, in bytes. */
  readonly offset: number;
}

/** NumPy itself refuses to parse longer ones (numpy.lib.format, max_header_size). */
const MAX_HEADER = 10_000;
const MAX_DIMENSIONS = 32;
/** Values of one row: 16 million is an image of 2,000 × 2,600 in three colours. */
const MAX_ROW_VALUES = 2 ** 24;
/** A dictionary literal as NumPy writes it: three keys in any order. Record types are lists and match nothing here. */
const ENTRY =
  /^\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([<>|=][\w[\]]{1,15})'|(True|False)|\(([\d\s,]*)\))\s*(?:,|$)/;

/**
 * Reads the header of the npy format, version 1, 2 or 3: `\x93NUMPY`, two bytes of version, the header's length in 2 or 4
 * bytes (little-endian), a Python literal padded with spaces
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Nothing of it is ever evaluated.
 *
 * @throws InputError when it is none, or names record types, or a shape that is out of range or does not fit the file's size
 */
export async function readNpyHeader(source: ByteSource): Promise<NpyHeader> {
  const fail = (what: string, hint = 'it is truncated or no npy file; write it again with numpy.save'): never => {
    throw new InputError(what, { where: source.where, hint });
  };
  const head = await headOf(source, 12);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (!isNpy(head)) fail('the file does not begin with \\x93NUMPY');
  if (head.length < 12) fail(`${head.length} bytes are too few for an npy header`);
  const version = view.getUint8(6);
  if (version < 1 || version > 3) fail(`version ${version} of the npy format is not known, only 1 to 3`);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = version === 1 ? 10 : 12;
  if (length > MAX_HEADER) fail(`the header says it has ${length} bytes, at most ${MAX_HEADER} are read`);
  if (start + length > source.size) fail(`the header says it has ${length} bytes, but the file has ${source.size}`);
  const text = new TextDecoder('utf-8').decode(await source.read(start, length));
  const entries = new Map<string, string>();
  let rest = /^\s*\{([^]*)\}\s*$/.exec(text)?.[1] ?? fail('the header is no dictionary');
  while (rest.trim() !== '') {
    const match = ENTRY.exec(rest) ?? fail(...unreadable(rest));
    const [whole, key, descr, flag, sizes] = match as unknown as [string, string, ...(string | undefined)[]];
    if (entries.has(key)) fail(`the header names ${key} twice`);
    const kind = descr !== undefined ? 'descr' : flag !== undefined ? 'fortran_order' : 'shape';
    if (kind !== key) fail(`the header's ${key} is of the wrong kind`);
    entries.set(key, descr ?? flag ?? sizes!);
    rest = rest.slice(whole.length);
  }
  const [descr, fortran, sizes] = ['descr', 'fortran_order', 'shape'].map((key) => entries.get(key));
  if (descr === undefined || fortran === undefined || sizes === undefined) {
    return fail('the header needs descr, fortran_order and shape');
  }
  const shape = sizes.split(',').map((size) => size.trim());
  if (shape.at(-1) === '') shape.pop();
  if (shape.includes('') || shape.length > MAX_DIMENSIONS) fail(`shape (${sizes}) is not valid`);
  const header = {
    shape: shape.map(Number),
    descr,
    dtype: dtypeOf(descr),
    fortran: fortran === 'True',
    offset: start + length,
  };
  requireShape(header, source.size, fail);
  return header;
}

/** Whether bytes begin with the magic of the npy format. */
export function isNpy(head: Uint8Array): boolean {
  return [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59].every((byte, i) => head[i] === byte);
}

/** Values of a row: of everything but the first dimension. */
export function rowValues(shape: readonly number[]): number {
  return shape.slice(1).reduce((product, size) => product * size, 1);
}

/** Rows: the first dimension, and one of an array without dimensions. */
export function rowCount(shape: readonly number[]): number {
  return shape[0] ?? 1;
}

function requireShape(header: NpyHeader, size: number, fail: (what: string) => never): void {
  const named = `shape (${header.shape.join(', ')})`;
  const values = header.shape.reduce((product, length) => product * length, 1);
  const largest = header.shape.reduce((most, length) => Math.max(most, length), 1);
  if (largest > Number.MAX_SAFE_INTEGER || values > Number.MAX_SAFE_INTEGER) fail(`${named} is out of range`);
  if (rowValues(header.shape) > MAX_ROW_VALUES) {
    fail(`${named} has ${rowValues(header.shape)} values a row, at most ${MAX_ROW_VALUES} are read`);
  }
  if (header.dtype === undefined) return;
  const expected = header.offset + values * header.dtype.bytes;
  if (expected !== size) fail(`${named} of ${header.descr} needs ${expected} bytes, but the file has ${size}`);
}

function unreadable(rest: string): [string, string] {
  const key = /^\s*'?([a-z_]{1,20})/.exec(rest)?.[1] ?? 'something';
  return key === 'descr'
    ? ['the array holds records, not numbers', 'save one field of it: numpy.save(path, array["field"])']
    : [`the header's ${key} cannot be read`, 'write the array again with numpy.save'];
}
