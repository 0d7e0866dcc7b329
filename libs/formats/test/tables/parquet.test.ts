import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { detectFormat, openTable } from '../../src/index.js';
import { allColumns, fixture } from './reading.js';

type Expected = Record<string, (number | string | null)[]>;
const EVERY_KIND = ['snappy.parquet', 'version-2.parquet', 'encodings.parquet'];
const FILES = [...EVERY_KIND, ...['none', 'gzip', 'brotli', 'zstd', 'lz4'].map((codec) => `${codec}.parquet`)];

describe('Parquet files of Arrow', () => {
  it.each(FILES)('hold what was written into them: %s', async (name) => {
    const expected = JSON.parse(await readFile(fixture('expected.json'), 'utf8')) as Expected;
    await using table = await openTable(fixture(name));
    expect([table.format, table.rows, await detectFormat(fixture(name))]).toEqual(['parquet', 300, 'parquet']);
    const columns = await allColumns(table);
    const known = table.columns.filter(({ name: column }) => column in expected);
    expect(known.length).toBeGreaterThanOrEqual(3);
    for (const { name: column, type } of known) {
      expect(columns[column]).toEqual(expected[column]!.map((value) => value ?? (type === 'number' ? NaN : '')));
    }
  });

  it.each(FILES)('are read as another reader reads them: %s', async (name) => {
    await using table = await openTable(fixture(name));
    const columns = await allColumns(table);
    const others = await parquetReadObjects({
      file: await asyncBufferFromFile(fixture(name)),
      compressors,
      parsers: { timestampFromNanoseconds: (nanos: bigint) => new Date(Number(nanos / 1_000_000n)) },
    });
    for (const { name: column, type } of table.columns) {
      // The other reader gives times of a day as integers.
      if (column === 'clock') continue;
      const mine = columns[column]!.map((value) => comparable(value, column));
      const theirs = others.map((row) => comparable(row[column] ?? (type === 'number' ? NaN : ''), column));
      expect([column, mine]).toEqual([column, theirs]);
    }
  });

  it('give dates and times in the notation of ISO 8601', async () => {
    await using table = await openTable(fixture('snappy.parquet'), {
      select: ['day', 'at', 'local', 'nanos', 'clock', 'key', 'some_day'],
    });
    const columns = await allColumns(table);
    expect(Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[0]]))).toEqual({
      day: '2023-10-23',
      at: '2024-01-31T12:30:15.25Z',
      local: '2024-01-31T12:30:15.25',
      nanos: '2024-01-31T12:30:15.250000001',
      clock: '00:05:06.0007',
      key: '00000000-0000-0000-0000-000000000000',
      some_day: '',
    });
    await using old = await openTable(fixture('int96.parquet'));
    const first = await allColumns(old);
    expect([first['at']![1], first['nanos']![2]]).toEqual(['2024-01-31T12:31:15.25', '2024-01-31T12:30:15.250000003']);
  });

  it('refuse an integer beyond 2^53 with its column and row, and read the others', async () => {
    for (const name of ['wide-integers.parquet', 'wide-integers-plain.parquet']) {
      await using table = await openTable(fixture(name));
      await expect(allColumns(table)).rejects.toThrow(/column "id" holds an integer beyond 2\^53 \[.*, row 2\]/);
      await using other = await openTable(fixture(name), { select: ['ok'] });
      expect(await allColumns(other)).toEqual({ ok: [1, 2, 3] });
    }
  });

  it('refuse nested columns by name, and read the flat ones beside them', async () => {
    await expect(openTable(fixture('nested.parquet'))).rejects.toMatchObject({ name: 'UnsupportedError' });
    await expect(openTable(fixture('nested.parquet'))).rejects.toThrow('column "list" is nested');
    await expect(openTable(fixture('nested.parquet'), { select: ['record'] })).rejects.toThrow(
      'column "record" is nested',
    );
    await using table = await openTable(fixture('nested.parquet'), { select: ['last', 'ok'] });
    expect(await allColumns(table)).toEqual({ last: ['x', 'y'], ok: [1.5, 2.5] });
    await using image = await openTable(fixture('nested.parquet'), { select: ['image'] });
    await expect(allColumns(image)).rejects.toThrow('column "image" holds bytes that are no text in UTF-8');
  });

  it('without rows are refused', async () => {
    await expect(openTable(fixture('no-rows.parquet'))).rejects.toThrow('the file has no rows');
  });
});

/** Instants to the millisecond, which is what a Date holds; decimals to what a multiplication by 0.01 keeps. */
function comparable(value: unknown, column: string): unknown {
  if (value === '') return value;
  if (column.endsWith('day')) return new Date(value as string).getTime();
  if (['at', 'local', 'nanos'].includes(column)) {
    const text = value instanceof Date ? value.toISOString() : String(value);
    return new Date(text.endsWith('Z') ? text : `${text}Z`).getTime();
  }
  if (column === 'decimal') return Number((value as number).toFixed(6));
  return typeof value === 'string' ? value : Number(value);
}
