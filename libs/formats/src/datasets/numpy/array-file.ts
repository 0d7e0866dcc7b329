import { InputError, UnsupportedError } from '@ciphernet/foundation';
import { type ByteSource, chunksOf, fileSource, partOf } from '../byte-source.js';
import { fortranBlocks } from './fortran.js';
import { type NpyHeader, readNpyHeader, rowCount, rowValues } from './header.js';

/** Rows of an array that follow one another. */
export interface ArrayBlock {
  /** The first row, counted from 0. */
  readonly first: number;
  readonly count: number;
  /** count × the product of the array's other dimensions, the last dimension fastest. */
  readonly values: Float64Array;
}

/** An array of numbers in a file, read block by block along its first dimension. */
export interface ArrayFile {
  /** Sizes of the dimensions; empty for a single number, which is one row. A size of 0 means that there is nothing to read. */
  readonly shape: readonly number[];
  /** NumPy's name of the kind of number, like `<f8`, also where it is one that `blocks` refuses. */
  readonly dtype: string;
  readonly path: string;
  /**
   * A pass over the rows; each call begins anew.
   *
   * @throws UnsupportedError for text, objects and complex numbers; InputError for damaged bytes and for an integer beyond 2^53
   */
  blocks(): AsyncIterable<ArrayBlock>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What an array's bytes come from: in order for an array in C order, anywhere for one in Fortran order. */
export interface ArrayBytes {
  readonly inOrder: () => AsyncIterable<Uint8Array>;
  readonly anywhere: () => Promise<ByteSource>;
}

/** Values in a block: 8 MiB of doubles. */
const BLOCK_VALUES = 2 ** 20;
const BLOCK_ROWS = 8192;

/**
 * Opens an npy file of numbers: u1 to u8, i1 to i8, f2 to f8 and b1 in either byte order, in C or Fortran order. Object arrays
 * are refused and never unpickled.
 *
 * @throws InputError when it is no npy file, is truncated, or has a shape that is out of range
 */
export async function openNpy(path: string): Promise<ArrayFile> {
  const source = await fileSource(path);
  try {
    return await npyOf(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The same of an open source, which the array closes. */
export async function npyOf(source: ByteSource): Promise<ArrayFile> {
  const header = await readNpyHeader(source);
  const bytes = {
    inOrder: () => chunksOf(source, header.offset),
    anywhere: () => Promise.resolve(partOf(source, header.offset, source.size - header.offset)),
  };
  return arrayFile(header, bytes, source.where, () => source.close());
}

/** An array whose bytes come from wherever they are. */
export function arrayFile(header: NpyHeader, bytes: ArrayBytes, path: string, close: () => Promise<void>): ArrayFile {
  return {
    shape: header.shape,
    dtype: header.descr,
    path,
    async *blocks() {
      requireNumbers(header, path);
      if (header.shape.includes(0)) return;
      if (header.fortran && header.shape.length > 1) yield* fortranBlocks(header, await bytes.anywhere(), path);
      else yield* blocksInOrder(header, bytes.inOrder(), path);
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Makes blocks of bytes that come in the order of the rows. */
async function* blocksInOrder(
  header: NpyHeader,
  chunks: AsyncIterable<Uint8Array>,
  where: string,
): AsyncGenerator<ArrayBlock> {
  const dtype = header.dtype!;
  const width = rowValues(header.shape);
  const rows = rowCount(header.shape);
  const perBlock = Math.max(1, Math.min(BLOCK_ROWS, Math.floor(BLOCK_VALUES / width)));
  let first = 0;
  let count = Math.min(perBlock, rows);
  let values = new Float64Array(count * width);
  let filled = 0;
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    let bytes = chunk;
    if (rest.length > 0) {
      bytes = new Uint8Array(rest.length + chunk.length);
      bytes.set(rest);
      bytes.set(chunk, rest.length);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (bytes.length - at >= dtype.bytes && first < rows) {
      const now = Math.min(Math.floor((bytes.length - at) / dtype.bytes), values.length - filled);
      const wrong = dtype.decode(view, at, now, values, filled);
      if (wrong >= 0) throw beyond(first + Math.floor((filled + wrong) / width), where);
      at += now * dtype.bytes;
      filled += now;
      if (filled < values.length) break;
      yield { first, count, values };
      first += count;
      count = Math.min(perBlock, rows - first);
      values = new Float64Array(count * width);
      filled = 0;
    }
    rest = bytes.subarray(at);
  }
  if (first < rows || rest.length > 0) {
    const what =
      first < rows ? `the values end in row ${first + Math.floor(filled / width) + 1} of ${rows}` : 'too many values';
    throw new InputError(what, { where, hint: 'write the file again' });
  }
}

/** The error of an integer that a double does not hold exactly. */
export function beyond(row: number, where: string): InputError {
  return new InputError(`row ${row + 1} holds an integer beyond 2^53`, {
    where,
    hint: 'save the array as float64, or leave that column out',
  });
}

function requireNumbers({ descr, dtype }: NpyHeader, where: string): void {
  if (dtype !== undefined) return;
  if (descr.startsWith('|O')) {
    throw new UnsupportedError('the array holds Python objects (a pickle), which are never loaded', {
      where,
      hint: 'save numbers: numpy.save(path, array.astype("float64"))',
    });
  }
  throw new UnsupportedError(`values of kind ${descr} are not read, only real numbers of up to 64 bits`, {
    where,
    hint: 'convert the array with astype("float64") before saving it',
  });
}
