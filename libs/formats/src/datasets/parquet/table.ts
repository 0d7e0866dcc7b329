import { InputError, UnsupportedError } from '@ciphernet/foundation';
import type { ByteSource } from '../byte-source.js';
import { requireColumnNames, selectedColumns } from '../tables/columns.js';
import { type Table, type TableOptions, blockRows } from '../tables/table.js';
import { type ColumnPage, type ColumnValues, type ReadColumn, columnPages } from './column-reader.js';
import { type ParquetColumn, type RowGroup, readMetadata } from './metadata.js';

/** Bytes that the decoded pages of all columns together may take; a page of each is in memory at a time. */
const MAX_PAGES_HELD = 2 ** 30;

/**
 * A Parquet file of flat columns: numbers (booleans as 0 and 1, decimals as doubles), texts, and dates, times and timestamps in the
 * notation of ISO 8601.
 *
 * @throws InputError for a damaged file or no rows, UnsupportedError for a selected column that is nested or of a kind that is not read
 */
export async function parquetTable(source: ByteSource, options: TableOptions): Promise<Table> {
  const { where } = source;
  const metadata = await readMetadata(source);
  const names = metadata.columns.map(({ name }) => name);
  requireColumnNames(names, where);
  if (metadata.rows === 0) throw new InputError('the file has no rows', { where, hint: 'write one with rows' });
  const chosen = selectedColumns(names, options.select, where).map((position) => {
    const column = metadata.columns[position]!;
    return { ...readable(column, where), chunk: column.chunk };
  });
  return {
    format: 'parquet',
    path: where,
    columns: chosen.map(({ name, kind }) => ({ name, type: kind.type })),
    rows: metadata.rows,
    async *blocks() {
      const most = blockRows(chosen.length);
      let groupStart = 0;
      for (const group of metadata.groups) {
        const takers = groupReaders(source, group, chosen, groupStart);
        for (let first = 0; first < group.rows; first += most) {
          const count = Math.min(most, group.rows - first);
          const columns: ColumnValues[] = [];
          for (const take of takers) columns.push(await take(count));
          yield { first: groupStart + first, count, columns };
        }
        groupStart += group.rows;
      }
    },
    rowName: (index) => `row ${index + 1}`,
    [Symbol.asyncDispose]: () => source.close(),
  };
}

function readable({ name, kind, optional }: ParquetColumn, where: string): ReadColumn {
  if (typeof kind !== 'string') return { name, kind, optional, where };
  throw new UnsupportedError(`column ${JSON.stringify(name)} ${kind}`, {
    where,
    hint: 'select other columns, or flatten it before writing the file',
  });
}

/** For each column a function that gives its next rows, however its pages cut them. */
function groupReaders(
  source: ByteSource,
  group: RowGroup,
  columns: readonly (ReadColumn & { readonly chunk: number })[],
  firstRow: number,
): readonly ((count: number) => Promise<ColumnValues>)[] {
  let held = 0;
  return columns.map((column) => {
    const pages = columnPages(source, group.chunks[column.chunk]!, column, firstRow, group.rows);
    let page: ColumnPage = { values: [], bytes: 0 };
    let used = 0;
    return async (count) => {
      const out: ColumnValues = column.kind.type === 'number' ? new Float64Array(count) : new Array<string>(count);
      for (let filled = 0; filled < count;) {
        if (used === page.values.length) {
          held -= page.bytes;
          const next = await pages.next();
          // The generator refuses a group whose pages end before its rows do.
          if (next.done === true) throw new Error('a column has ended before its row group');
          page = next.value;
          used = 0;
          held += page.bytes;
          requireHeld(held, columns.length, column.where);
          continue;
        }
        const taken = Math.min(count - filled, page.values.length - used);
        for (let i = 0; i < taken; i++) out[filled + i] = page.values[used + i]!;
        filled += taken;
        used += taken;
      }
      return out;
    };
  });
}

function requireHeld(bytes: number, columns: number, where: string): void {
  if (bytes <= MAX_PAGES_HELD) return;
  throw new InputError(`the pages of ${columns} columns take more than ${MAX_PAGES_HELD} bytes at a time`, {
    where,
    hint: 'select fewer columns, or write the file with smaller pages',
  });
}
