import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { evaluateMetrics } from '../src/evaluate.js';
import { type Evaluation, type Predictions, decisionsOf } from '../src/index.js';
import { countIn, predictions, reorder, statisticsIn } from './examples.js';

const few = { resamples: 100 };

function expectSameMetrics(found: Evaluation, wanted: Evaluation): void {
  expect(Object.keys(found.metrics)).toEqual(Object.keys(wanted.metrics));
  for (const [name, value] of Object.entries(wanted.metrics)) expect(found.metrics[name]).toBeCloseTo(value, 12);
}

describe('metrics of any predictions', () => {
  it('are each defined with a finite interval around them, or undefined with a reason', () => {
    fc.assert(
      fc.property(predictions, (of) => {
        const { metrics, intervals, intervalMethods, undefinedMetrics } = evaluateMetrics(of, few);
        expect(Object.keys(intervals)).toEqual(Object.keys(metrics));
        expect(Object.keys(intervalMethods)).toEqual(Object.keys(metrics));
        for (const [name, value] of Object.entries(metrics)) {
          expect(value).not.toBeNaN();
          const [low, high] = intervals[name]!;
          expect(low).toBeLessThanOrEqual(value);
          expect(high).toBeGreaterThanOrEqual(value);
          expect(Number.isFinite(high - low)).toBe(true);
          expect(undefinedMetrics[name]).toBeUndefined();
        }
        for (const because of Object.values(undefinedMetrics)) expect(because).toMatch(/\w+ \w+/);
      }),
      { numRuns: 100 },
    );
  });

  it('do not depend on the order of the examples', () => {
    fc.assert(
      fc.property(predictions, fc.nat(), (of, seed) => {
        const order = [...Array(countIn(of)).keys()].sort(
          (a, b) => ((a * 7919 + seed) % 101) - ((b * 7919 + seed) % 101),
        );
        const [found, wanted] = [evaluateMetrics(reorder(of, order), few), evaluateMetrics(of, few)];
        expectSameMetrics(found, wanted);
        expect(found.confusion).toEqual(wanted.confusion);
        expect(found.reliability?.counts).toEqual(wanted.reliability?.counts);
      }),
    );
  });

  it('do not change when every example comes twice', () => {
    fc.assert(
      fc.property(predictions, (of) => {
        const once = [...Array(countIn(of)).keys()];
        expectSameMetrics(evaluateMetrics(reorder(of, [...once, ...once]), few), evaluateMetrics(of, few));
      }),
    );
  });

  it('weigh examples as if each came as often as it counts', () => {
    fc.assert(
      fc.property(
        predictions,
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 40, maxLength: 40 }),
        (of, times) => {
          const weights = Uint32Array.from(times.slice(0, countIn(of)));
          const repeated = reorder(
            of,
            [...weights].flatMap((weight, i) => Array<number>(weight).fill(i)),
          );
          const wanted = evaluateMetrics(repeated, few);
          for (const { metrics, evaluate } of statisticsIn(of)) {
            const values = new Float64Array(metrics.length + 1);
            evaluate(weights, values, 1);
            metrics.forEach(({ name, undefinedBecause }, m) => {
              if (undefinedBecause === undefined) expect(values[m + 1]).toBeCloseTo(wanted.metrics[name]!, 11);
            });
          }
        },
      ),
    );
  });
});

describe('influences', () => {
  it('are the derivatives by the weights of examples, and add up to nothing', () => {
    fc.assert(
      fc.property(predictions, (of) => {
        const count = countIn(of);
        for (const { metrics, evaluate, influences } of statisticsIn(of)) {
          const found = influences();
          const valuesOf = (weights: Uint32Array): Float64Array => {
            const values = new Float64Array(metrics.length);
            evaluate(weights, values, 0);
            return values;
          };
          const step = 1e-6;
          const base = valuesOf(new Uint32Array(count).fill(1 / step));
          metrics.forEach(({ name, undefinedBecause }, m) => {
            if (undefinedBecause !== undefined) return;
            const size = found[m]!.reduce((sum, value) => sum + Math.abs(value), 0);
            expect(Math.abs(found[m]!.reduce((sum, value) => sum + value, 0))).toBeLessThanOrEqual(1e-9 * size + 1e-15);
            // At zero the calibration error has a kink, and one at each bin's: no derivative to compare with.
            if (name === 'calibrationError') return;
            for (let i = 0; i < Math.min(count, 6); i++) {
              const weights = new Uint32Array(count).fill(1 / step);
              weights[i]! += 1;
              const slope = (valuesOf(weights)[m]! - base[m]!) / step;
              expect(Math.abs(slope - found[m]![i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(slope)));
            }
          });
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('areas under curves', () => {
  const binary = predictions.filter(({ task }) => task.kind === 'binary');

  /** Pairs of a positive and a negative example: share in which the positive one is higher, ties halved. */
  function pairwise({ outputs, targets }: Predictions): number {
    let [won, pairs] = [0, 0];
    targets.forEach((a, i) => {
      targets.forEach((b, j) => {
        if (a !== 1 || b !== 0) return;
        pairs++;
        won += outputs[i]! > outputs[j]! ? 1 : outputs[i] === outputs[j] ? 0.5 : 0;
      });
    });
    return won / pairs;
  }

  it('are the chance that a positive example ranks above a negative one', () => {
    fc.assert(
      fc.property(binary, (of) => {
        const { metrics, undefinedMetrics } = evaluateMetrics(of, few);
        const wanted = pairwise(of);
        if (Number.isNaN(wanted)) expect(undefinedMetrics['rocAuc']).toMatch(/example is 1/);
        else expect(metrics['rocAuc']).toBeCloseTo(wanted, 12);
      }),
    );
  });

  it('do not change under growing functions of the scores, and turn over with their sign', () => {
    fc.assert(
      fc.property(binary, (of) => {
        const area = (outputs: Float64Array): number | undefined =>
          evaluateMetrics({ ...of, link: 'score', outputs }, few).metrics['rocAuc'];
        const plain = area(of.outputs);
        expect(area(of.outputs.map((z) => z ** 3 + z))).toBe(plain);
        if (plain !== undefined) expect(area(of.outputs.map((z) => -z))).toBeCloseTo(1 - plain, 12);
      }),
    );
  });
});

describe('decisions', () => {
  it('give the accuracy, and the trace of the confusion matrix', () => {
    fc.assert(
      fc.property(
        predictions.filter(({ task }) => task.kind === 'multiclass' || task.kind === 'binary'),
        (of) => {
          const { metrics, confusion, perClass } = evaluateMetrics(of, few);
          const decisions = decisionsOf(of);
          const right = decisions.filter((decision, i) => decision === of.targets[i]).length;
          expect(metrics['accuracy']).toBe(right / countIn(of));
          expect(confusion!.reduce((sum, row, c) => sum + row[c]!, 0)).toBe(right);
          perClass!.forEach(({ support }, c) => {
            expect(confusion![c]!.reduce((sum, cell) => sum + cell, 0)).toBe(support);
          });
        },
      ),
    );
  });
});
