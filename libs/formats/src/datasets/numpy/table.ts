import { InputError } from '@ciphernet/foundation';
import type { ByteSource } from '../byte-source.js';
import { numberedNames, requireColumnNames, selectedColumns } from '../tables/columns.js';
import { type Table, type TableOptions, blockRows } from '../tables/table.js';
import { npyOf } from './array-file.js';

/**
 * An array of n rows (and k columns) as a table with the columns x0, x1, …
 *
 * @throws InputError for more dimensions than two, none, and no rows
 */
export async function npyTable(source: ByteSource, options: TableOptions): Promise<Table> {
  const array = await npyOf(source);
  const { where } = source;
  const [rows, width = 1] = array.shape;
  if (rows === undefined || array.shape.length > 2) {
    throw new InputError(`an array of shape (${array.shape.join(', ')}) is no table`, {
      where,
      hint: 'save an array of rows and columns, or read it as images',
    });
  }
  if (rows === 0) throw new InputError('the array has no rows', { where, hint: 'save one with rows' });
  const names = numberedNames(width);
  requireColumnNames(names, where);
  const chosen = selectedColumns(names, options.select, where);
  return {
    format: 'npy',
    path: where,
    columns: chosen.map((position) => ({ name: names[position]!, type: 'number' })),
    rows,
    async *blocks() {
      const most = blockRows(width);
      for await (const { first, count, values } of array.blocks()) {
        for (let from = 0; from < count; from += most) {
          const taken = Math.min(most, count - from);
          const columns = chosen.map((position) => {
            const column = new Float64Array(taken);
            for (let i = 0, at = from * width + position; i < taken; i++, at += width) column[i] = values[at]!;
            return column;
          });
          yield { first: first + from, count: taken, columns };
        }
      }
    },
    rowName: (index) => `row ${index + 1}`,
    [Symbol.asyncDispose]: () => array[Symbol.asyncDispose](),
  };
}
