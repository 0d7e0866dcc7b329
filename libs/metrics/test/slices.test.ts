import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareDecisions, evaluateMetrics, evaluateSlices } from '../src/index.js';
import { predictions, countIn, reorder, simulate } from './examples.js';

const options = { minimum: 5, resamples: 100 };
/** Slices of these sizes, one after the other. */
const valuesOf = (sizes: readonly number[]): Uint16Array =>
  Uint16Array.from(sizes.flatMap((size, slice) => Array<number>(size).fill(slice)));
const namesOf = (sizes: readonly number[]): string[] => sizes.map((_, slice) => `slice ${slice}`);

describe('slices', () => {
  it('have the metrics of their examples alone', () => {
    const of = simulate({ kind: 'multilabel', labels: 3 }, 60, 4);
    const values = Uint16Array.from({ length: 60 }, (_, i) => (i * 7) % 3);
    const { slices, remainder, empty } = evaluateSlices(of, { values, names: ['a', 'b', 'c', 'd'] }, options);
    expect(slices.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(remainder).toBeUndefined();
    expect(empty).toEqual(['d']);
    slices.forEach(({ evaluation }, slice) => {
      const own = [...values.keys()].filter((i) => values[i] === slice);
      expect(evaluation).toEqual(evaluateMetrics(reorder(of, own), { resamples: 100 }));
    });
  });

  it.each([
    ['one that is too small takes the smallest other one with it', [30, 2, 12], [0], [1, 2], 14],
    ['several that are enough together stay alone', [30, 2, 4, 12], [0, 3], [1, 2], 6],
    ['of too few in all nothing is shown', [2, 1], [], [0, 1], undefined],
    ['where all are large enough all are shown', [5, 6], [0, 1], undefined, undefined],
    ['two where one is too small are shown together', [20, 4], [], [0, 1], 24],
  ])('%s', (_, sizes, shown, hidden, together) => {
    const values = valuesOf(sizes);
    const of = simulate({ kind: 'binary' }, values.length, 8);
    const { slices, remainder } = evaluateSlices(of, { values, names: namesOf(sizes) }, options);
    expect(slices.map(({ name }) => name)).toEqual(shown.map((slice) => `slice ${slice}`));
    expect(remainder?.names).toEqual(hidden?.map((slice) => `slice ${slice}`));
    expect(remainder?.evaluation?.count).toBe(together);
  });

  it('never show fewer examples than the minimum, nor leave fewer out of what is shown', () => {
    fc.assert(
      fc.property(predictions, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 9 }), (of, minimum, many) => {
        const count = countIn(of);
        const values = Uint16Array.from({ length: count }, (_, i) => (i * i * 31) % many);
        const found = evaluateSlices(
          of,
          { values, names: namesOf(Array<number>(many).fill(0)) },
          { ...options, minimum },
        );
        const sizes = found.slices.map(({ evaluation }) => evaluation.count);
        const rest = found.remainder?.evaluation?.count ?? 0;
        for (const size of sizes) expect(size).toBeGreaterThanOrEqual(minimum);
        if (found.remainder?.evaluation !== undefined) expect(rest).toBeGreaterThanOrEqual(minimum);
        const shown = sizes.reduce((sum, size) => sum + size, 0);
        expect(shown + rest === count || (shown === 0 && rest === 0 && count < minimum)).toBe(true);
        const names = [...found.slices.map(({ name }) => name), ...(found.remainder?.names ?? []), ...found.empty];
        expect(names.length).toBe(many);
        expect(new Set(names).size).toBe(many);
      }),
      { numRuns: 60 },
    );
  });
});

describe('McNemar’s comparison', () => {
  it('counts who is right where', () => {
    const targets = [0, 1, 2, 0, 1, 2];
    const found = compareDecisions(Int32Array.of(0, 1, 2, 1, 1, 0), Int32Array.of(0, 1, 0, 1, 0, 0), targets);
    expect(found).toEqual({ bothRight: 2, onlyFirstRight: 2, onlySecondRight: 0, bothWrong: 2, p: 0.5 });
  });

  it('takes an example of several labels as right where all of them are', () => {
    const found = compareDecisions(Int32Array.of(1, 0, 1, 1), Int32Array.of(1, 1, 1, 1), [1, 0, 1, 1], 2);
    expect(found).toEqual({ bothRight: 1, onlyFirstRight: 1, onlySecondRight: 0, bothWrong: 0, p: 1 });
  });

  it('is the same for both orders of the models', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 60 }), (rows) => {
        const column = (at: 0 | 1): Int32Array => Int32Array.from(rows, (row) => row[at]);
        const targets = rows.map((row) => row[2]);
        const [there, back] = [
          compareDecisions(column(0), column(1), targets),
          compareDecisions(column(1), column(0), targets),
        ];
        expect(back.p).toBe(there.p);
        expect(back.onlyFirstRight).toBe(there.onlySecondRight);
        expect(there.bothRight + there.bothWrong + there.onlyFirstRight + there.onlySecondRight).toBe(rows.length);
      }),
    );
  });
});
