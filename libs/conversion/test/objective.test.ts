import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MOST_TURN, boundedSquare, fitQuadratic } from '../src/fit.js';
import { type Objective, lossOf, objectiveFor } from '../src/objective.js';
import { noise } from './graphs.js';

const classes = (outputs: number): Objective => ({ kind: 'classes', outputs, labelShare: 0.3, precisions: [] });

describe('the nearest polynomial', () => {
  it('of a ReLU on a standard normal is 0.2 z² + 0.5 z + 0.2', () => {
    const { square, linear, constant } = fitQuadratic((x) => Math.max(x, 0), 0, 1, 2);
    // φ(0)/2 = 1/√(8π), and 1/2: E[relu(z)·(z² − 1)]/2 and E[relu(z)·z].
    expect(square).toBeCloseTo(1 / Math.sqrt(8 * Math.PI), 4);
    expect(linear).toBeCloseTo(0.5, 4);
    expect(constant).toBeCloseTo(1 / Math.sqrt(8 * Math.PI), 4);
  });

  it('of a quadratic is itself, wherever its inputs are', () => {
    const numbers = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(
        numbers,
        numbers,
        numbers,
        numbers,
        fc.double({ min: 0.1, max: 3, noNaN: true }),
        (a, b, c, mean, deviation) => {
          const { square, linear, constant } = fitQuadratic((x) => a * x * x + b * x + c, mean, deviation, 2);
          for (const z of [-1.5, 0, 2]) {
            const x = mean + deviation * z;
            expect(square * z * z + linear * z + constant).toBeCloseTo(a * x * x + b * x + c, 3);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('turns no further out than the values that it is used on', () => {
    for (const [square, linear] of [
      [0.2, 0.5],
      [0.001, 1],
      [-0.001, 1],
      [0, -2],
    ] as const) {
      const bounded = boundedSquare(square, linear);
      expect(Math.abs(linear / (2 * bounded))).toBeLessThanOrEqual(MOST_TURN + 1e-9);
      if (square !== 0) expect(Math.sign(bounded)).toBe(Math.sign(square));
    }
    expect(boundedSquare(0.2, 0.5)).toBe(0.2);
  });
});

describe('the loss', () => {
  const objectives: readonly Objective[] = [
    classes(3),
    { kind: 'labels', outputs: 3, labelShare: 0.3, precisions: [] },
    { kind: 'numbers', outputs: 3, labelShare: 0.3, precisions: [0.5, 2, 1] },
  ];

  it.each(objectives.map((objective) => [objective.kind, objective] as const))(
    'of %s has the gradient of its differences',
    (kind, objective) => {
      const scores = noise(12, 1);
      const targets =
        kind === 'classes'
          ? Float32Array.of(0, 2, 1, 1)
          : kind === 'labels'
            ? noise(12, 5).map((x) => (x > 0 ? 1 : 0))
            : noise(12, 5);
      const answers = { targets, teacher: noise(12, 2).map((x) => 2 * x) };
      const { gradient } = lossOf(objective, scores, answers);
      scores.forEach((_, i) => {
        const step = 1 / 64;
        const moved = (by: number): number =>
          lossOf(
            objective,
            scores.map((x, j) => (j === i ? x + by : x)),
            answers,
          ).loss;
        expect(gradient[i]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 2);
      });
    },
  );

  it('is 0 for the original itself, where its answers are the known ones', () => {
    const teacher = noise(6, 3);
    for (const objective of objectives) {
      const { loss, gradient } = lossOf({ ...objective, labelShare: 0 }, teacher, { targets: undefined, teacher });
      expect(loss).toBeCloseTo(0, 5);
      expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(1e-6);
    }
  });

  it('of probabilities that are no logits is that of numbers, and no label is mixed in', () => {
    const teacher = Float32Array.of(0.1, 0.9);
    expect(objectiveFor({ kind: 'binary' }, 'identity', 1, teacher, true)).toMatchObject({
      kind: 'numbers',
      labelShare: 0,
    });
    expect(objectiveFor({ kind: 'binary' }, 'sigmoid', 1, teacher, true)).toMatchObject({
      kind: 'labels',
      labelShare: 0.3,
    });
    expect(objectiveFor({ kind: 'multiclass', classes: 2 }, 'identity', 2, teacher, false)).toMatchObject({
      kind: 'classes',
      labelShare: 0,
    });
  });
});
