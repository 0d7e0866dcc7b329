import type { ByteSource } from '../byte-source.js';
import { type ArrayBlock, beyond } from './array-file.js';
import { type NpyHeader, rowCount, rowValues } from './header.js';

/** Values in a block: 64 MiB of doubles, larger than in C order, because each block takes a read for each value of a row. */
const BLOCK_VALUES = 2 ** 23;
const BLOCK_ROWS = 8192;

/** Blocks of an array whose first dimension is the fastest: value (i, j) of n rows lies at i + n·j, j in Fortran order itself. */
export async function* fortranBlocks(header: NpyHeader, source: ByteSource, where: string): AsyncGenerator<ArrayBlock> {
  const dtype = header.dtype!;
  const width = rowValues(header.shape);
  const rows = rowCount(header.shape);
  const places = placesInRow(header.shape.slice(1));
  const perBlock = Math.max(1, Math.min(BLOCK_ROWS, Math.floor(BLOCK_VALUES / width)));
  const column = new Float64Array(perBlock);
  for (let first = 0; first < rows; first += perBlock) {
    const count = Math.min(perBlock, rows - first);
    const values = new Float64Array(count * width);
    for (let j = 0; j < width; j++) {
      const bytes = await source.read((first + rows * j) * dtype.bytes, count * dtype.bytes);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const wrong = dtype.decode(view, 0, count, column, 0);
      if (wrong >= 0) throw beyond(first + wrong, where);
      for (let i = 0, at = places[j]!; i < count; i++, at += width) values[at] = column[i]!;
    }
    yield { first, count, values };
  }
}

/** Where the value that is j-th in Fortran order stands in C order. */
function placesInRow(sizes: readonly number[]): Uint32Array {
  const places = new Uint32Array(sizes.reduce((product, size) => product * size, 1));
  const index = sizes.map(() => 0);
  for (let j = 0; j < places.length; j++) {
    places[j] = index.reduce((at, position, axis) => at * sizes[axis]! + position, 0);
    for (let axis = 0; axis < sizes.length; axis++) {
      index[axis]!++;
      if (index[axis]! < sizes[axis]!) break;
      index[axis] = 0;
    }
  }
  return places;
}
