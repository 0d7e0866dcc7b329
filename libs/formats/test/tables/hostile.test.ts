import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { zipSync } from 'fflate';
import { type ByteSource, bytesSource, detectFormat, npyOf, npzOf, openTable, tableOf } from '../../src/index.js';
import { DTYPES, npyBytes, rawNpy } from './numpy-bytes.js';
import { allColumns, allValues, fixture, sourceOf } from './reading.js';

/** A source that says it has a size, and has only its first bytes. */
function claiming(size: number, bytes: Uint8Array): ByteSource {
  return { ...bytesSource(bytes, 'file'), size };
}

function header(shape: string, descr = "'<f8'"): Uint8Array {
  return rawNpy(`{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`);
}

describe('hostile text', () => {
  it.each([
    ['nothing', '', 'the file is empty'],
    ['empty lines alone', '\n\n', 'the file is empty'],
    ['names alone', 'a,b\n', 'names of columns and no rows'],
    ['a row that is too short', 'a,b\n1,2\n3\n', 'line 3 has another number of fields'],
    [
      'a row that is too long, behind lines within quotes',
      'a,b\n"1\r\n",2\n3,4,5\n',
      'line 4 has another number of fields',
    ],
    ['an open quote', 'a,b\n1,"2\n', 'within a quote that is never closed'],
    ['text behind a quote', 'a,b\n1,"2"3\n', 'line 2 has text after a closing quote'],
    ['a quote within', 'a,b\n1,2"3\n', 'line 2 has a quote in an unquoted field'],
    ['a name twice', 'a,b,a\n1,2,3\n', 'two columns are named "a"'],
    ['a name that moves the cursor', 'a,\u001b[2J\n1,2\n', 'the name of column 2 holds a control character'],
    ['a name that turns text around', 'a,\u202eb\n1,2\n', 'the name of column 2 holds a control character'],
    ['a name without end', `${'a'.repeat(2000)},b\n1,2\n`, 'the name of column 1 has 2000 characters'],
    ['more columns than are read', `${'a,'.repeat(70_000)}a\n1\n`, 'line 2 has another number of fields'],
    ['a byte 0', 'a,b\n1,\u0000\n', 'no known format'],
  ])('is refused: %s', async (_, text, message) => {
    await expect(tableOf(sourceOf(text)).then(allColumns)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringContaining(message),
    });
  });

  it('is refused when it is not UTF-8, or damaged after its first block', async () => {
    await expect(tableOf(sourceOf(Buffer.from('größe,b\n1,2\n', 'latin1')))).rejects.toThrow('no text in UTF-8');
    await expect(tableOf(sourceOf(Buffer.from('\ufeffa,b\n1,2\n', 'utf16le')))).rejects.toThrow('no text in UTF-8');
    const long = new TextEncoder().encode(`a\n${'1\n'.repeat(300_000)}`);
    long[500_000] = 0xff;
    await using table = await tableOf(sourceOf(long));
    await expect(allColumns(table)).rejects.toThrow(/not UTF-8, somewhere from byte \d+ on/);
  });

  it('is refused when its record has no end, long before memory ends', async () => {
    const zipped = gzipSync(Buffer.concat([Buffer.from('a,b\n1,"'), Buffer.alloc(2 ** 26, 'x')]));
    await expect(tableOf(sourceOf(zipped))).rejects.toThrow('line 2 is in a record of more than 2097152 bytes');
  });

  it('with a long first line costs time in proportion to it', async () => {
    const names = Array.from({ length: 60_000 }, (_, i) => `p${i}`).join(',');
    const began = performance.now();
    await using table = await tableOf(sourceOf(`${names}\n${names}\n`));
    expect(table.columns).toHaveLength(60_000);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('with more columns than are read is refused', async () => {
    const names = Array.from({ length: 70_000 }, (_, i) => `p${i}`).join(',');
    await expect(tableOf(sourceOf(`${names}\n${names}\n`))).rejects.toThrow('70000 columns; at most 65536 are read');
  });

  it('is refused when gzip data are cut off or changed', async () => {
    const zipped = gzipSync(`a\n${'123\n'.repeat(1000)}`);
    for (const bytes of [zipped.subarray(0, 40), Buffer.concat([zipped.subarray(0, -8), Buffer.alloc(8)])]) {
      await expect(tableOf(sourceOf(bytes)).then(allColumns)).rejects.toThrow('damaged gzip data');
    }
  });

  it('is refused when a column that is selected is missing, twice there or none', async () => {
    const open = (select: string[]) => tableOf(sourceOf('a,b\n1,2\n'), { select });
    await expect(open(['c'])).rejects.toThrow(/there is no column "c" .* its columns are a, b/);
    await expect(open(['a', 'a'])).rejects.toThrow('column "a" is selected twice');
    await expect(open([])).rejects.toThrow('no column is selected');
  });
});

describe('hostile npy files', () => {
  it.each([
    ['no magic', Buffer.from('NUMPY'.repeat(10)), 'does not begin with'],
    ['a cut header', rawNpy('{}').subarray(0, 11), 'too few for an npy header'],
    ['an unknown version', rawNpy('{}', undefined, 9), 'version 9'],
    [
      'a header of 2^32 bytes',
      Buffer.from([0x93, ...Buffer.from('NUMPY'), 2, 0, 255, 255, 255, 255]),
      '4294967295 bytes',
    ],
    ['no dictionary', rawNpy('print(1)'), 'the header is no dictionary'],
    ['code', rawNpy(`{'descr': __import__('os').system('true'), }`), 'the array holds records'],
    ['a key missing', rawNpy(`{'descr': '<f8', 'shape': (1,), }`), 'needs descr, fortran_order and shape'],
    ['a key twice', rawNpy(`{'descr': '<f8', 'descr': '<f8', }`), 'names descr twice'],
    ['a value of the wrong kind', rawNpy(`{'descr': True, }`), "the header's descr is of the wrong kind"],
    ['a shape of 10^18', header('(1000000000000000000,)'), 'is out of range'],
    ['a shape whose product is beyond', header('(4294967296, 4294967296)'), 'is out of range'],
    ['a row of 2^31 values', header('(1, 2147483648)'), '2147483648 values a row'],
    ['no rows of 2^50 values', header('(0, 1125899906842624)'), '1125899906842624 values a row'],
    ['a negative size', header('(-1,)'), "the header's shape cannot be read"],
    ['a hole in the shape', header('(1,,2)'), 'is not valid'],
    ['too many dimensions', header(`(${'1,'.repeat(40)})`), 'is not valid'],
    ['values that are cut off', npyBytes(DTYPES[11]!, [3], [1, 2, 3]).subarray(0, -1), 'needs 152 bytes'],
    ['values too many', Buffer.concat([npyBytes(DTYPES[11]!, [1], [1]), Buffer.from([0])]), 'needs 136 bytes'],
  ])('are refused: %s', async (_, bytes, message) => {
    await expect(npyOf(sourceOf(bytes))).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringContaining(message),
    });
  });

  it('are refused when they hold pickles, records, text, or integers beyond 2^53', async () => {
    const open = async (name: string) => npyOf(sourceOf(await readFile(fixture(name))));
    await expect(open('objects.npy').then(allValues)).rejects.toThrow(
      'Python objects (a pickle), which are never loaded',
    );
    await expect(open('records.npy')).rejects.toThrow('the array holds records');
    await expect(open('text.npy').then(allValues)).rejects.toThrow('values of kind <U3 are not read');
    const wide = npyBytes(DTYPES[8]!, [2, 2], [1, 2, 3, 4]);
    wide[wide.length - 1] = 0x7f;
    await expect(npyOf(sourceOf(wide)).then(allValues)).rejects.toThrow('row 2 holds an integer beyond 2^53');
  });
});

describe('hostile npz files', () => {
  const array = npyBytes(DTYPES[1]!, [1000], Array<number>(1000).fill(7));
  const archive = zipSync({ 'a.npy': array });
  /** The archive with a field of its directory's only entry changed. */
  const changed = (field: number, value: number, width: 2 | 4 = 4): Uint8Array => {
    const bytes = Buffer.from(archive);
    const entry = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
    if (width === 2) bytes.writeUInt16LE(value, entry + field);
    else bytes.writeUInt32LE(value, entry + field);
    return bytes;
  };

  it.each([
    ['no directory', archive.subarray(0, 50), 'no directory at its end'],
    ['a damaged entry', changed(0, 0), 'entry 1 is damaged'],
    ['an encrypted member', changed(8, 1, 2), 'is encrypted'],
    ['an unknown method', changed(10, 14, 2), 'packed by method 14'],
    ['a member of 4 GB in some bytes', changed(24, 0xfffffff0), 'more than deflate can'],
    ['a member outside', changed(42, 0x7fffffff), 'leaves the archive'],
    ['a member at another place', changed(42, 1), 'is not where it should be'],
    ['a name that leaves the directory', changed(28, 0xffff, 2), 'leaves the directory'],
    ['another file', zipSync({ 'a.npy': array, 'b.txt': array }), 'member b.txt is no npy file'],
    ['nothing', zipSync({}), 'holds no array'],
  ])('are refused: %s', async (_, bytes, message) => {
    await expect(npzOf(sourceOf(bytes))).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringContaining(message),
    });
  });

  it('are refused when a member inflates to more or less than the archive says', async () => {
    const bytes = Buffer.from(zipSync({ 'a.npy': array }));
    const values = Array<number>(1000).fill(0);
    const start = npyBytes(DTYPES[1]!, [1000], values);
    const overlong = Buffer.from(zipSync({ 'a.npy': [Buffer.concat([start, Buffer.alloc(200_000)]), { level: 9 }] }));
    const entry = overlong.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
    overlong.writeUInt32LE(start.length, entry + 24);
    await expect(readAll(overlong)).rejects.toThrow('inflates to more than the 1128 bytes');
    const short = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
    bytes.writeUInt32LE(array.length + 1, short + 24);
    await expect(readAll(bytes)).rejects.toMatchObject({ name: 'InputError' });
  });

  async function readAll(bytes: Uint8Array): Promise<void> {
    for (const one of (await npzOf(sourceOf(bytes))).values()) await allValues(one);
  }
});

describe('files that are nothing', () => {
  it('are refused by what they are', async () => {
    await expect(detectFormat('/nowhere/at/all')).rejects.toThrow('cannot read the file [/nowhere/at/all]');
    await expect(openTable(fixture('.'))).rejects.toThrow('not a file');
    expect(await detectFormat(fixture('.'))).toBe('folder');
    await expect(tableOf(sourceOf(Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10])))).rejects.toThrow(
      'format png is no table',
    );
    await expect(tableOf(sourceOf(Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 1, 5])))).rejects.toThrow(
      'format idx is no table',
    );
    await expect(tableOf(claiming(2 ** 40, Buffer.from('PAR1')))).rejects.toMatchObject({ name: 'InputError' });
  });
});
