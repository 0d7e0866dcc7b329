import { describe, expect, it } from '@jest/globals';
import { fractionEqual, predictionsOf } from '../src/predictions.js';

describe('predictions', () => {
  it('are the largest logit, the first of equals', () => {
    expect([...predictionsOf([1, 3, 2, 5, 5, 0], 3)]).toEqual([1, 0]);
  });

  it('of different counts cannot be compared', () => {
    expect(fractionEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(0.5);
    expect(() => fractionEqual(Uint8Array.of(1), Uint8Array.of())).toThrow(RangeError);
  });
});
