import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { detectFormat, openTable, tableOf } from '../../src/index.js';
import { blockRows } from '../../src/datasets/tables/table.js';
import { allColumns, sourceOf } from './reading.js';

const cell = fc.string({
  unit: fc.constantFrom('a', '1', ' ', ',', ';', '"', '\n', '\r\n', 'ü', '日', '😀', "'", '.'),
});

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

describe('text tables', () => {
  it('give back random cells under every delimiter and line end, quoted or not, gzipped or not', async () => {
    const tables = fc.integer({ min: 2, max: 5 }).chain((width) =>
      fc.record({
        rows: fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 20 }),
        delimiter: fc.constantFrom(',', ';', '\t'),
        end: fc.constantFrom('\n', '\r\n', '\r'),
        bom: fc.boolean(),
        zipped: fc.boolean(),
        last: fc.boolean(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(tables, async ({ rows, delimiter, end, bom, zipped, last }) => {
        const names = rows[0]!.map((_, i) => `c${i}`);
        const write = (text: string) => (/^[a-z0-9.]+$/.test(text) ? text : quoted(text));
        const lines = [names, ...rows].map((row) => row.map(write).join(delimiter));
        const text = (bom ? '\ufeff' : '') + lines.join(end) + (last ? end : '');
        const bytes = new TextEncoder().encode(text);
        await using table = await tableOf(sourceOf(zipped ? gzipSync(bytes) : bytes));
        expect(table.format).toBe(delimiter === '\t' ? 'tsv' : 'csv');
        const expected = Object.fromEntries(names.map((name, i) => [name, rows.map((row) => row[i])]));
        expect(await allColumns(table)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('read only the selected columns, in the order that was asked for, and anew in each pass', async () => {
    await using table = await tableOf(sourceOf('a,b,c\n1,2,3\n4,5,6\n'), { select: ['c', 'a'] });
    expect(table.columns).toEqual([
      { name: 'c', type: 'text' },
      { name: 'a', type: 'text' },
    ]);
    for (let pass = 0; pass < 2; pass++) expect(await allColumns(table)).toEqual({ c: ['3', '6'], a: ['1', '4'] });
  });

  it('number the columns of a file without names, which may hold decimal commas', async () => {
    await using table = await tableOf(sourceOf('1,5;2,5;3,5\n4;5;6\n'), { header: false });
    expect(await allColumns(table)).toEqual({ x0: ['1,5', '4'], x1: ['2,5', '5'], x2: ['3,5', '6'] });
  });

  it('name an index without a name by its place', async () => {
    await using table = await tableOf(sourceOf(',a\n0,1\n'));
    expect(table.columns.map(({ name }) => name)).toEqual(['column 1', 'a']);
  });

  it('name rows by the lines on which they begin, also behind empty lines and records of several lines', async () => {
    const text = '\n\na,b\n1,"x\ny"\n\n\n2,3\r\n4,5\r\n\r\n6,"7\r\n8"\r\n9,10\n';
    await using table = await tableOf(sourceOf(text));
    expect(table.rowName(0)).toBe('row 1');
    await allColumns(table);
    const names = [0, 1, 2, 3, 4].map((row) => table.rowName(row));
    expect(names).toEqual(['line 4', 'line 8', 'line 9', 'line 11', 'line 13']);
    expect(table.rowName(5)).toBe('row 6');
  });

  it('come in blocks of 8,192 rows, and of fewer where they are wide', async () => {
    await using long = await tableOf(sourceOf(`a\n${'1\n'.repeat(20_000)}`));
    const counts: number[] = [];
    for await (const { count } of long.blocks()) counts.push(count);
    expect(counts).toEqual([8192, 8192, 3616]);
    expect([1, 512, 60_000, 2 ** 30].map(blockRows)).toEqual([8192, 8192, 69, 1]);
  });

  it('of 20,000 columns are read', async () => {
    const row = (prefix: string) => Array.from({ length: 20_000 }, (_, i) => `${prefix}${i}`).join(',');
    await using wide = await tableOf(sourceOf(`${row('p')}\n${row('1')}\n${row('2')}\n`), { select: ['p7', 'p19999'] });
    expect(await allColumns(wide)).toEqual({ p7: ['17', '27'], p19999: ['119999', '219999'] });
  });

  it('may be left in the middle, and are found by their content whatever their name', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'table.data');
    await writeFile(path, gzipSync(`a\tb\n${'1\t2\n'.repeat(100_000)}`));
    expect(await detectFormat(path)).toBe('tsv');
    await using table = await openTable(path);
    for await (const block of table.blocks()) {
      expect(block.columns[1]!.slice(0, 2)).toEqual(['2', '2']);
      break;
    }
    expect((await allColumns(table))['a']).toHaveLength(100_000);
  });
});
