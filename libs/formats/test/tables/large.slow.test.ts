import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const ROWS = 2_000_000;
const STEP = 10_000;
/** Far below the text, which has nearly four times as much. */
const GROWTH = 32 * 2 ** 20;

interface Read {
  readonly rows: number;
  readonly sum: number;
  /** Bytes by which the resident set grows after the first 200,000 rows, when the heap has its size. */
  readonly growth: number;
  readonly seconds: number;
  readonly last: string;
}

/** In a process of its own: in the test runner's context the parser takes ten times as long, and its memory is not alone. */
const READ = `
  import { openTable } from '@ciphernet/formats';
  const table = await openTable(process.argv[1]);
  let [rows, sum, start, peak] = [0, 0, 0, 0];
  const began = performance.now();
  for await (const { count, columns } of table.blocks()) {
    if (rows < 200_000) start = process.memoryUsage().rss;
    else peak = Math.max(peak, process.memoryUsage().rss);
    rows += count;
    for (const value of columns[0]) sum += Number(value);
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(JSON.stringify({ rows, sum, growth: peak - start, seconds, last: table.rowName(rows - 1) }));
`;

async function writeRows(path: string, zipped: boolean): Promise<number> {
  const file = createWriteStream(path);
  const out = zipped ? createGzip({ level: 1 }) : file;
  if (zipped) out.pipe(file);
  let bytes = 0;
  const write = async (text: string) => {
    bytes += text.length;
    if (!out.write(text)) await once(out, 'drain');
  };
  await write('id,sine,name,value,label\n');
  for (let first = 0; first < ROWS; first += STEP) {
    const lines: string[] = [];
    for (let i = first; i < first + STEP; i++) {
      lines.push(`${i},${Math.sin(i).toFixed(9)},"person, number ${i}",${(i * 0.37).toFixed(3)},class ${i % 7}\n`);
    }
    await write(lines.join(''));
  }
  out.end();
  await once(file, 'finish');
  return bytes;
}

describe('a table of two million rows', () => {
  it.each([
    ['plain', false],
    ['gzipped', true],
  ])('is read in bounded memory, %s', async (kind, zipped) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'table.csv');
    const bytes = await writeRows(path, zipped);
    expect(bytes).toBeGreaterThan(3 * GROWTH);
    const read = JSON.parse(
      // The engine's own room for what is young and soon gone grows to 100 MB where nobody says how much it may be.
      execFileSync(process.execPath, ['--max-semi-space-size=16', '--input-type=module', '-e', READ, path], {
        encoding: 'utf8',
      }),
    ) as Read;
    const { rows, sum, growth, seconds, last } = read;
    console.log(
      `${kind}: ${Math.round(bytes / 2 ** 20)} MiB of text, ${Math.round(rows / seconds).toLocaleString('en')} rows/s, growth ${Math.round(growth / 2 ** 20)} MiB`,
    );
    expect([rows, sum]).toEqual([ROWS, (ROWS * (ROWS - 1)) / 2]);
    expect(last).toBe(`line ${ROWS + 1}`);
    expect(growth).toBeLessThan(GROWTH);
  });
});
