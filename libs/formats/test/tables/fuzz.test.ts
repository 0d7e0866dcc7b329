import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { type ArrayFile, bytesSource, npyOf, npzOf, tableOf } from '../../src/index.js';
import { mutator } from './mutations.js';
import { fixture, sourceOf } from './reading.js';

const OURS = new Set(['InputError', 'UnsupportedError']);
const INPUTS = 400;
/** On a busy machine; what hangs takes forever. */
const LIMIT_MS = 5000;
const GROWTH = 2 ** 29;

async function readTable(bytes: Uint8Array): Promise<void> {
  await using table = await tableOf(sourceOf(bytes));
  let rows = 0;
  // Runs of one value are many rows in few bytes: enough of them is as good as all.
  for await (const { count } of table.blocks()) if ((rows += count) > 100_000) break;
}

async function readArray(array: ArrayFile): Promise<void> {
  for await (const block of array.blocks()) if (block.first > 100_000) break;
}

async function readArrays(bytes: Uint8Array): Promise<void> {
  for (const array of (await npzOf(bytesSource(bytes, 'file'))).values()) await readArray(array);
}

const CSV = new TextEncoder().encode('name,"a ""b""",c\r\n1,2,3\r\n"x\ny",-4e5,\r\n\r\n7,ü,9\r\n');

describe('mutated files are read or refused, and neither hang nor grow', () => {
  it.each([
    ['csv', CSV, readTable],
    ['c-order.npy', undefined, async (bytes: Uint8Array) => readArray(await npyOf(sourceOf(bytes)))],
    ['fortran.npy', undefined, async (bytes: Uint8Array) => readArray(await npyOf(sourceOf(bytes)))],
    ['version-3.npy', undefined, readTable],
    ['stored.npz', undefined, readArrays],
    ['deflated.npz', undefined, readArrays],
    ['wide-integers-plain.parquet', undefined, readTable],
    ['nested.parquet', undefined, readTable],
    ['none.parquet', undefined, readTable],
    ['gzip.parquet', undefined, readTable],
    ['brotli.parquet', undefined, readTable],
    ['zstd.parquet', undefined, readTable],
    ['lz4.parquet', undefined, readTable],
    ['version-2.parquet', undefined, readTable],
    ['encodings.parquet', undefined, readTable],
  ])('%s', async (name, given, read) => {
    const sample = given ?? (await readFile(fixture(name)));
    const mutate = mutator(7);
    const began = process.memoryUsage().rss;
    let refused = 0;
    for (let i = 0; i < INPUTS; i++) {
      const input = mutate(sample);
      const started = performance.now();
      try {
        await read(input);
      } catch (error) {
        const kind = error instanceof Error ? error.name : String(error);
        if (!OURS.has(kind)) {
          throw new Error(
            `input ${i} of ${name}: ${String(error)} ${Buffer.from(input).toString('base64').slice(0, 4000)}`,
            {
              cause: error,
            },
          );
        }
        refused++;
      }
      expect(performance.now() - started).toBeLessThan(LIMIT_MS);
    }
    expect(refused).toBeGreaterThan(INPUTS / 10);
    expect(process.memoryUsage().rss - began).toBeLessThan(GROWTH);
  });
});
