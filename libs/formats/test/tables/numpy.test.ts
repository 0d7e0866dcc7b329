import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Zippable, zipSync } from 'fflate';
import { bytesSource, detectFormat, npyOf, npzOf, openNpy, openNpz, openTable, tableOf } from '../../src/index.js';
import { DTYPES, npyBytes } from './numpy-bytes.js';
import { allColumns, allValues, fixture, sourceOf } from './reading.js';

const COUNTED = Array.from({ length: 24 }, (_, i) => i);

describe('npy files', () => {
  it.each(DTYPES)(
    'give back random arrays of $name in every version, byte order and order of dimensions',
    async (dtype) => {
      const value = dtype.whole
        ? fc.integer({ min: dtype.least, max: dtype.most })
        : fc.double({ min: dtype.least, max: dtype.most, noNaN: true });
      const arrays = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 4 }).chain((shape) =>
        fc.record({
          shape: fc.constant(shape),
          values: fc.array(value, {
            minLength: shape.reduce((product, size) => product * size, 1),
            maxLength: shape.reduce((product, size) => product * size, 1),
          }),
          version: fc.constantFrom(1 as const, 2 as const, 3 as const),
          order: fc.constantFrom('<' as const, '>' as const),
          fortran: fc.boolean(),
        }),
      );
      await fc.assert(
        fc.asyncProperty(arrays, async ({ shape, values, ...options }) => {
          await using array = await npyOf(bytesSource(npyBytes(dtype, shape, values, options), 'file'));
          expect(array.shape).toEqual(shape);
          expect(await allValues(array)).toEqual(values.map((x) => (dtype.name === 'f8' ? x : x + 0)));
        }),
        { numRuns: 60 },
      );
    },
  );

  it('of NumPy are read, in C and Fortran order, with halves, a scalar and version 3', async () => {
    await using c = await openNpy(fixture('c-order.npy'));
    expect([c.shape, c.dtype, await allValues(c)]).toEqual([[2, 3, 4], '<f4', COUNTED]);
    await using fortran = await openNpy(fixture('fortran.npy'));
    expect([fortran.shape, fortran.dtype, await allValues(fortran)]).toEqual([[2, 3, 4], '>i2', COUNTED]);
    await using half = await openNpy(fixture('half.npy'));
    expect(await allValues(half)).toEqual([0.5, -2, 65_504, Infinity, 2 ** -24]);
    await using scalar = await openNpy(fixture('scalar.npy'));
    expect([scalar.shape, await allValues(scalar)]).toEqual([[], [7.5]]);
    await using third = await openNpy(fixture('version-3.npy'));
    expect(await allValues(third)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('of many rows come in blocks, in either order', async () => {
    const values = Array.from({ length: 3 * 20_000 }, (_, i) => i % 251);
    for (const fortran of [false, true]) {
      await using array = await npyOf(sourceOf(npyBytes(DTYPES[1]!, [20_000, 3], values, { fortran })));
      const counts: number[] = [];
      for await (const { count } of array.blocks()) counts.push(count);
      expect(counts).toEqual([8192, 8192, 3616]);
      expect(await allValues(array)).toEqual(values);
    }
  });

  it('of rows and columns are tables with the columns x0, x1, …', async () => {
    await using table = await openTable(fixture('version-3.npy'), { select: ['x1'] });
    expect([table.format, table.rows, table.columns]).toEqual(['npy', 3, [{ name: 'x1', type: 'number' }]]);
    expect(await allColumns(table)).toEqual({ x1: [1, 3, 5] });
    await using one = await tableOf(sourceOf(npyBytes(DTYPES[1]!, [3], [7, 8, 9])));
    expect(await allColumns(one)).toEqual({ x0: [7, 8, 9] });
    await expect(openTable(fixture('c-order.npy'))).rejects.toThrow('an array of shape (2, 3, 4) is no table');
  });

  it('with no rows are empty arrays and no tables', async () => {
    await using array = await npyOf(sourceOf(npyBytes(DTYPES[1]!, [0, 3], [])));
    expect(await allValues(array)).toEqual([]);
    await expect(tableOf(sourceOf(npyBytes(DTYPES[1]!, [0, 3], [])))).rejects.toThrow('the array has no rows');
  });
});

describe('npz files', () => {
  it.each(['stored.npz', 'deflated.npz'])('of NumPy are read: %s', async (name) => {
    expect(await detectFormat(fixture(name))).toBe('npz');
    const arrays = await openNpz(fixture(name));
    expect([...arrays.keys()]).toEqual(['x_train', 'y_train', 'fortran', 'names']);
    expect(await allValues(arrays.get('x_train')!)).toEqual(COUNTED);
    expect(await allValues(arrays.get('y_train')!)).toEqual([0, 1]);
    expect(await allValues(arrays.get('fortran')!)).toEqual(COUNTED);
    expect(arrays.get('names')!.dtype).toBe('<U3');
    await expect(allValues(arrays.get('names')!)).rejects.toThrow(/values of kind <U3 .*names\.npy/);
    for (const array of arrays.values()) await array[Symbol.asyncDispose]();
    await expect(allValues(arrays.get('x_train')!)).rejects.toThrow(/closed/);
  });

  it('of other writers are read, whatever their compression, several blocks long', async () => {
    const values = Array.from({ length: 2 * 50_000 }, (_, i) => (i * 7919) % 65_536);
    const bytes = npyBytes(DTYPES[3]!, [50_000, 2], values);
    for (const level of [0, 1, 9] as const) {
      const files: Zippable = { 'a.npy': [bytes, { level }] };
      const arrays = await npzOf(sourceOf(zipSync(files)));
      expect(await allValues(arrays.get('a')!)).toEqual(values);
    }
  });

  it('are refused when a byte of an array was changed', async () => {
    const bytes = Uint8Array.from(await readFile(fixture('stored.npz')));
    const at = Buffer.from(bytes).indexOf(Buffer.from([0, 1, 2, 3, 4, 5, 6]));
    bytes[at] = 200;
    const arrays = await npzOf(sourceOf(bytes));
    await expect(allValues(arrays.get('x_train')!)).rejects.toThrow('the checksum of the member is wrong');
  });
});
