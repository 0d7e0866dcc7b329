import { join } from 'node:path';
import type { ArrayFile, ByteSource, Table } from '../../src/index.js';
import { bytesSource } from '../../src/index.js';

/** A file that NumPy or Arrow wrote (scripts/fixtures/tables.py). */
export function fixture(name: string): string {
  return join(import.meta.dirname, '..', 'fixtures', 'tables', name);
}

/** A source of text or bytes named `file`. */
export function sourceOf(content: string | Uint8Array): ByteSource {
  return bytesSource(typeof content === 'string' ? new TextEncoder().encode(content) : content, 'file');
}

/** All values of each column, by its name; checks that the blocks follow one another and are as long as they say. */
export async function allColumns(table: Table): Promise<Record<string, (number | string)[]>> {
  const all = table.columns.map((): (number | string)[] => []);
  let row = 0;
  for await (const { first, count, columns } of table.blocks()) {
    if (first !== row) throw new Error(`a block begins at ${first} instead of ${row}`);
    row += count;
    if (columns.length !== table.columns.length) throw new Error(`a block has ${columns.length} columns`);
    for (const [i, column] of columns.entries()) {
      if (column.length !== count) throw new Error(`a column of ${column.length} rows in a block of ${count}`);
      if (column instanceof Float64Array !== (table.columns[i]!.type === 'number')) throw new Error('wrong type');
      for (const value of column) all[i]!.push(value);
    }
  }
  return Object.fromEntries(table.columns.map(({ name }, i) => [name, all[i]!]));
}

/** All values of an array in C order, checked like the columns above. */
export async function allValues(array: ArrayFile): Promise<number[]> {
  const all: number[] = [];
  const width = array.shape.slice(1).reduce((product, size) => product * size, 1);
  let row = 0;
  for await (const { first, count, values } of array.blocks()) {
    if (first !== row || values.length !== count * width) throw new Error(`a block of ${values.length} at ${first}`);
    row += count;
    for (const value of values) all.push(value);
  }
  return all;
}
