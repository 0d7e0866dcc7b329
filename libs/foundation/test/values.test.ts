import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { digestSchema, isDigest, sha256Hex } from '../src/digest.js';
import { elementAt, lastOf } from '../src/element.js';
import { median } from '../src/median.js';
import { settleAll } from '../src/settle.js';

describe('work that is waited for together', () => {
  it('is waited for whole before the first failure is thrown', async () => {
    const done: string[] = [];
    const late = new Promise((resolve) => setTimeout(resolve, 20)).then(() => done.push('late'));
    const failing = [Promise.reject(new Error('first')), late, Promise.reject(new Error('second'))];
    await expect(settleAll(failing)).rejects.toThrow('first');
    expect(done).toEqual(['late']);
    await expect(settleAll([Promise.resolve(1)])).resolves.toBeUndefined();
    await expect(settleAll([])).resolves.toBeUndefined();
  });
});

describe('an element that must exist', () => {
  it('is the one at its index, also where it is falsy', () => {
    expect([0, '', false, null].map((_, i, list) => elementAt(list, i))).toEqual([0, '', false, null]);
    expect(elementAt(Uint8Array.of(5, 6), 1)).toBe(6);
    expect(lastOf('text')).toBe('t');
    expect(lastOf([1, 2, 3])).toBe(3);
  });

  it.each([
    [[1, 2], 2],
    [[1, 2], -1],
    [[1, 2], 0.5],
    [[], 0],
    [[undefined], 0],
  ])('of %j at %d is an error that names both', (list, index) => {
    expect(() => elementAt<unknown>(list, index)).toThrow(new RangeError(`no element ${index} in ${list.length}`));
  });

  it('is not the last of nothing', () => {
    expect(() => lastOf([])).toThrow(RangeError);
  });
});

describe('the median', () => {
  it.each([
    [[3], 3],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
    [[-1, -10], -5.5],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected));

  it('of nothing is not a number', () => expect(median([])).toBeNaN());

  it('has as many values on either side, and leaves them in their order', () => {
    const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 });
    fc.assert(
      fc.property(numbers, (values) => {
        const before = [...values];
        const middle = median(values);
        expect(values).toEqual(before);
        expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });
});

describe('a digest', () => {
  it('is the SHA-256 of bytes, or of a text’s UTF-8', () => {
    // FIPS 180-2, appendix B.1
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(sha256Hex('abc')).toBe(abc);
    expect(sha256Hex(Uint8Array.of(0, 97, 98, 99).subarray(1))).toBe(abc);
    expect(sha256Hex('é')).toBe(sha256Hex(Uint8Array.of(0xc3, 0xa9)));
    expect(digestSchema.parse(abc)).toBe(abc);
    expect(isDigest(abc)).toBe(true);
  });

  it.each([
    ['too short', 'a'.repeat(63)],
    ['too long', 'a'.repeat(65)],
    ['in capitals', 'A'.repeat(64)],
    ['not hexadecimal', 'g'.repeat(64)],
    ['followed by a line end', `${'a'.repeat(64)}\n`],
    ['preceded by a path', `../${'a'.repeat(64)}`],
    ['empty', ''],
  ])('that is %s is refused', (_name, text) => {
    expect(isDigest(text)).toBe(false);
    expect(() => digestSchema.parse(text)).toThrow(/is not a SHA-256 digest/);
  });
});
