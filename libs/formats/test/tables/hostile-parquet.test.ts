import { describe, expect, it } from '@jest/globals';
import { tableOf } from '../../src/index.js';
import { type ParquetClaims, dictionaryPage, parquetBytes, varint, withFooter } from './parquet-bytes.js';
import { allColumns, sourceOf } from './reading.js';

const runs = (...parts: (bigint | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'bigint' ? varint(part) : Buffer.from(part))));
const delta = (...numbers: bigint[]): Buffer => Buffer.concat(numbers.map(varint));
const GIBI = 2n ** 30n;
/** Memory that a refusal may take. */
const GROWTH = 2 ** 27;

const FOOTERS: readonly (readonly [string, Uint8Array, string])[] = [
  [
    'a footer longer than the file',
    withFooter(Buffer.alloc(10), undefined, 2 ** 31),
    'its footer says it has 2147483648',
  ],
  ['another end', Buffer.concat([parquetBytes(), Buffer.from('x')]), 'does not end with PAR1'],
  ['an encrypted footer', Buffer.concat([parquetBytes().subarray(0, -4), Buffer.from('PARE')]), 'it is encrypted'],
  [
    'a list of 2^31 entries',
    withFooter(Buffer.from([0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0])),
    'a list says it has 2147483647',
  ],
  [
    'a text of 2^31 bytes',
    withFooter(Buffer.from([0x28, 0xff, 0xff, 0xff, 0xff, 0x07, 0])),
    'a text says it has 2147483647',
  ],
  ['a number without end', withFooter(Buffer.alloc(1_000_000, 0xff).fill(0x16, 0, 1)), 'more than 64 bits'],
  ['structures in structures', withFooter(Buffer.alloc(100_000, 0x1c)), 'structures nest deeper than 16'],
  [
    'lists in lists',
    withFooter(Buffer.concat([Buffer.from([0x19]), Buffer.alloc(100_000, 0x19)])),
    'structures nest deeper than 16',
  ],
  ['nothing in the footer', withFooter(Buffer.from([0])), 'the number of rows is missing'],
];

const PAGES: readonly (readonly [string, ParquetClaims, string])[] = [
  ['10^15 rows', { rows: 10n ** 15n }, 'the number of rows is 1000000000000000, outside'],
  ['a negative number of rows', { rows: -3n }, 'outside 0 to'],
  ['rows that its groups do not have', { rows: 5n, groupRows: 3n }, '5 rows, but its row groups have 3'],
  ['a column outside', { length: 10n ** 9n }, 'a column lies outside the file'],
  ['a column before the beginning', { offset: 0n }, 'a column lies outside the file'],
  [
    'more children than elements',
    {
      schema: [
        { 4: 's', 5: 9 },
        { 1: 5, 4: 'a' },
      ],
    },
    'the schema ends too early',
  ],
  [
    'an element too many',
    {
      schema: [
        { 4: 's', 5: 0 },
        { 1: 5, 4: 'a' },
      ],
    },
    'more elements than columns',
  ],
  ['a page that leaves its column', { packed: 1000, size: 1000 }, 'a page leaves its column'],
  ['values that are not there', { rows: 4n }, '3 of the 4 values'],
  ['values too many', { rows: 2n }, 'a page of 3 values where 2 are left'],
  ['2^30 values', { rows: 2n ** 22n, values: 2 ** 30 }, 'outside 0 to 16777216'],
  ['values without bytes', { rows: 4n, values: 4 }, '4 values need 32 bytes, there are 24'],
  ['a page of 1 GiB', { size: 2 ** 30 }, 'the size of a page is 1073741824'],
  ['a bomb that Snappy cannot make', { codec: 1, size: 2 ** 27 }, 'a page says that 24 bytes become 134217728'],
  ['a bomb that ZSTD could make', { codec: 6, size: 2 ** 27 }, 'cannot be decompressed by ZSTD'],
  ['damaged GZIP', { codec: 2 }, 'cannot be decompressed by GZIP'],
  ['damaged LZ4', { codec: 7 }, 'LZ4_RAW'],
  ['a codec that is not read', { codec: 3 }, 'codec LZO is not read'],
  ['an unknown encoding', { encoding: 4 }, 'encoding 4 is unknown'],
  ['indices without a dictionary', { encoding: 8 }, 'a page without its dictionary'],
  ['levels that are cut off', { optional: true, body: Buffer.from([9, 0, 0, 0, 1]) }, 'levels of a page are cut off'],
  ['a run of 2^30 levels', { optional: true, body: runs([6, 0, 0, 0], GIBI * 2n, [1]) }, 'a run of 1073741824 values'],
  ['runs of nothing', { optional: true, body: runs([4, 0, 0, 0], [0, 0, 0, 0]) }, 'a run of 0 values'],
  ['a text beyond its page', { type: 6, body: Buffer.alloc(12, 0xff) }, 'a text says it has 4294967295'],
  [
    'a run of 2^30 indices',
    { type: 1, encoding: 8, dictionary: dictionaryPage([7]), body: runs([1], GIBI * 2n, [0]) },
    'a run of',
  ],
  [
    'an index beyond',
    { type: 1, encoding: 8, dictionary: dictionaryPage([7]), body: runs([1], 6n, [1]) },
    'entry 1 of a dictionary of 1',
  ],
  [
    'packed bits that are cut',
    { type: 1, encoding: 8, dictionary: dictionaryPage([7]), body: runs([8], 3n) },
    'packed bits are truncated',
  ],
  [
    'indices of 200 bits',
    { type: 1, encoding: 8, dictionary: dictionaryPage([7]), body: runs([200], 6n, [1]) },
    'values of 200 bits',
  ],
  [
    'a dictionary without bytes',
    { type: 1, encoding: 8, dictionary: dictionaryPage([7], 1e6) },
    '1000000 values need 4000000',
  ],
  [
    'two dictionaries',
    { type: 1, dictionary: Buffer.concat([dictionaryPage([7]), dictionaryPage([7])]) },
    'two dictionaries',
  ],
  ['no parts of a block', { type: 1, encoding: 5, body: delta(128n, 0n, 3n, 2n) }, '128 differences in 0 parts'],
  ['2^31 parts', { type: 1, encoding: 5, body: delta(128n, 2n ** 31n, 3n, 2n) }, 'in 2147483648 parts'],
  ['another count', { type: 1, encoding: 5, body: delta(128n, 4n, 9n, 2n) }, '9 differences where 3 are needed'],
  [
    'differences that are cut',
    { type: 2, encoding: 5, body: delta(128n, 4n, 3n, 2n, 2n, 64n, 64n, 64n, 64n) },
    'differences are cut off',
  ],
  [
    'differences of 99 bits',
    { type: 2, encoding: 5, body: delta(128n, 4n, 3n, 2n, 2n, 99n, 0n, 0n, 0n) },
    'differences of 99 bits',
  ],
];

describe('hostile Parquet files', () => {
  it('begin from one that is read', async () => {
    await using table = await tableOf(sourceOf(parquetBytes()));
    expect(await allColumns(table)).toEqual({ a: [1, 2, 3] });
    const packed: ParquetClaims = {
      type: 1,
      encoding: 8,
      dictionary: dictionaryPage([7, 8]),
      body: runs([1], 3n, [0b010]),
    };
    await using indexed = await tableOf(sourceOf(parquetBytes(packed)));
    expect(await allColumns(indexed)).toEqual({ a: [7, 8, 7] });
  });

  it.each(FOOTERS)('are refused: %s', async (_, bytes, message) => {
    await refuses(bytes, message);
  });

  it.each(PAGES)('are refused: %s', async (_, claims, message) => {
    await refuses(parquetBytes(claims), message);
  });
});

async function refuses(bytes: Uint8Array, message: string): Promise<void> {
  const before = process.memoryUsage();
  const began = performance.now();
  await expect(tableOf(sourceOf(bytes)).then(allColumns)).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringContaining(message),
  });
  const after = process.memoryUsage();
  expect(after.rss - before.rss).toBeLessThan(GROWTH);
  expect(performance.now() - began).toBeLessThan(5000);
}
