import { InputError } from '@ciphernet/foundation';
import { type ByteSource, fileSource } from '../byte-source.js';
import { csvTable } from '../csv/table.js';
import { formatOf } from '../detect-format.js';
import { npyTable } from '../numpy/table.js';
import { parquetTable } from '../parquet/table.js';
import type { Table, TableOptions } from './table.js';

/**
 * Opens a table in a file of CSV, TSV (each also gzipped), Parquet or npy, told apart by content. The file stays open until the
 * table is disposed of.
 *
 * @throws InputError when it is none of them or damaged, or when a selected column is missing or of a kind that is not read
 */
export async function openTable(path: string, options: TableOptions = {}): Promise<Table> {
  const source = await fileSource(path);
  try {
    return await tableOf(source, options);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The same of an open source, which the table closes. */
export async function tableOf(source: ByteSource, options: TableOptions = {}): Promise<Table> {
  const format = await formatOf(source);
  switch (format) {
    case 'csv':
    case 'tsv':
      return csvTable(source, options);
    case 'npy':
      return npyTable(source, options);
    case 'parquet':
      return parquetTable(source, options);
    default:
      throw new InputError(`a file of format ${format} is no table`, {
        where: source.where,
        hint: format === 'npz' ? 'name one of its arrays' : 'name a CSV, Parquet or npy file',
      });
  }
}
