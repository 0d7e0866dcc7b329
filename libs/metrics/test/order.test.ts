import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { descending } from '../src/order.js';

/** Few distinct values, neighbours of one another, and any others. */
const score = fc.oneof(
  fc.constantFrom(0, -0, 1, 0.5, -1, Number.MIN_VALUE, -Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE),
  fc.integer({ min: 0, max: 60 }).map((steps) => 1 - steps * 2 ** -53),
  fc.integer({ min: 0, max: 60 }).map((steps) => -3 - steps * 2 ** -51),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

describe('the order of scores', () => {
  it('falls, holds each example once, and marks where ties end', () => {
    fc.assert(
      fc.property(fc.array(score, { minLength: 1, maxLength: 200 }), (list) => {
        const scores = Float64Array.from(list);
        const { indices, lastOfTies } = descending(scores);
        expect([...indices].sort((a, b) => a - b)).toEqual([...list.keys()]);
        const sorted = [...indices].map((index) => list[index]!);
        sorted.forEach((value, r) => {
          const next = sorted[r + 1] ?? -Infinity;
          expect(value).toBeGreaterThanOrEqual(next);
          expect(lastOfTies[r]).toBe(value === next ? 0 : 1);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('tells scores apart that only their last bits do, also in long runs', () => {
    const scores = Float64Array.from({ length: 5000 }, (_, i) => 1 - ((i * 2741) % 5000) * 2 ** -53);
    const { indices, lastOfTies } = descending(scores);
    const sorted = Float64Array.from(indices, (index) => scores[index]!);
    expect(sorted).toEqual(scores.slice().sort().reverse());
    expect(lastOfTies.every((last) => last === 1)).toBe(true);
  });
});
