import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BenchmarkRecord, Figures } from '../src/history.js';
import { expectedRange, findRegressions } from '../src/regressions.js';

function record(index: number, figures: Partial<Figures>): BenchmarkRecord {
  return {
    format: 'ciphernet-benchmark',
    version: 1,
    suite: 'nightly',
    run: `bench-${index}`,
    startedAt: 1_700_000_000_000 + index * 60_000,
    finishedAt: 1_700_000_000_000 + index * 60_000 + 5000,
    status: 'done',
    evaluations: [
      {
        evaluation: `bench-${index}-0`,
        dataset: 'mnist',
        model: 'cnn 12345678',
        engine: 'simd',
        images: 1000,
        figures: {
          accuracy: 0.99,
          imagesPerSecond: 5000,
          uploadBytes: 50_000,
          downloadBytes: 400,
          inferSeconds: 2,
          decryptSeconds: 0.5,
          ...figures,
        },
      },
    ],
  };
}

const flagged = (history: BenchmarkRecord[]): string[] =>
  findRegressions(history).map(({ run, figure }) => `${run} ${figure}`);

describe('regressions', () => {
  it('are flagged when a figure leaves the spread of the runs before it, for the worse', () => {
    const speeds = [5000, 5100, 4950, 5040, 5020];
    const history = speeds.map((imagesPerSecond, i) => record(i, { imagesPerSecond }));
    expect(flagged(history)).toEqual([]);
    expect(flagged([...history, record(5, { imagesPerSecond: 2500 })])).toEqual(['bench-5 imagesPerSecond']);
    expect(flagged([...history, record(5, { imagesPerSecond: 9000 })])).toEqual([]);
  });

  it('are flagged for every change of what does not vary at all', () => {
    const history = [0, 1, 2].map((i) => record(i, {}));
    expect(flagged([...history, record(3, { accuracy: 0.9899, uploadBytes: 50_001 })])).toEqual([
      'bench-3 accuracy',
      'bench-3 uploadBytes',
    ]);
  });

  it('do not count among the runs that later ones are compared with', () => {
    const history = [5000, 5100, 4950, 1000, 1000].map((imagesPerSecond, i) => record(i, { imagesPerSecond }));
    expect(flagged(history)).toEqual(['bench-3 imagesPerSecond', 'bench-4 imagesPerSecond']);
  });

  it('end when a change has lasted: then it is the new level', () => {
    const speeds = [5000, 5100, 4950, ...Array.from({ length: 8 }, (_, i) => 1000 + 10 * (i % 3))];
    const history = speeds.map((imagesPerSecond, i) => record(i, { imagesPerSecond }));
    expect(flagged(history)).toEqual([3, 4, 5, 6, 7].map((i) => `bench-${i} imagesPerSecond`));
  });

  it('need three runs to know a spread', () => {
    expect(flagged([record(0, {}), record(1, {}), record(2, { accuracy: 0.1 })])).toEqual([]);
  });

  it('compare only what is the same evaluation', () => {
    const other = record(3, { accuracy: 0.5 });
    const [evaluation] = other.evaluations;
    const changed = { ...other, evaluations: [{ ...evaluation!, model: 'mlp 87654321' }] };
    expect(flagged([record(0, {}), record(1, {}), record(2, {}), changed])).toEqual([]);
  });

  it('have a range around the median that one odd run hardly moves', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 99, max: 101, noNaN: true }), { minLength: 8, maxLength: 20 }),
        (values) => {
          const { median, reach } = expectedRange(values);
          const odd = expectedRange([...values, 1e6]);
          expect(Math.abs(odd.median - median)).toBeLessThanOrEqual(2);
          expect(odd.reach).toBeLessThan(20);
          expect(reach).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});
