import { describe, expect, it } from '@jest/globals';
import { idxOf, parseIdx } from '../src/datasets/idx.js';

describe('an IDX file that is written', () => {
  it('is read back as it was, whatever its number of dimensions', () => {
    for (const shape of [[5], [2, 3, 4], [1, 2, 3, 4]]) {
      const size = shape.reduce((product, length) => product * length, 1);
      const values = Uint8Array.from({ length: size }, (_, i) => (7 * i) % 256);
      expect(parseIdx(idxOf(shape, values), shape.length, 'x')).toEqual({ shape, values });
    }
  });

  it('has the header of the MNIST family', () => {
    expect([...idxOf([2], Uint8Array.of(8, 9))]).toEqual([0, 0, 8, 1, 0, 0, 0, 2, 8, 9]);
  });

  it('of another number of values than its shape says is refused', () => {
    expect(() => idxOf([2, 3], new Uint8Array(5))).toThrow(/5 values for an array of 2×3/);
  });
});
