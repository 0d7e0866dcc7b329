import { statementSchema } from '@ciphernet/publication';
import type { Report } from '@ciphernet/report';
import { exampleReport } from '@ciphernet/report-example';
import { describe, expect, it } from '@jest/globals';
import { disclose } from '../src/disclose.js';
import { DEFAULT_POLICY } from '../src/policy.js';
import { EVERYTHING, type Release, assertReleased } from '../src/release.js';

const confusion = [
  [3000, 200, 100],
  [150, 3100, 50],
  [300, 100, 3000],
];
const base = exampleReport();
const report: Report = { ...base, images: 10_000, confusion, dataset: { ...base.dataset, classes: 3 } };
const options = {
  policy: DEFAULT_POLICY,
  confusion: true,
  owner: 'A'.repeat(43),
  checks: [],
  today: new Date('2026-11-25T12:34:56Z'),
};

describe('what a dataset’s consent releases', () => {
  it('bounds what is drawn: rows of other classes are left out, and cost nothing', () => {
    const release: Release = { metrics: ['accuracy', 'confusion'], slices: [0, 2] };
    const all = disclose(report, options);
    const some = disclose(report, { ...options, release });
    expect(some.statement.confusion?.[1]).toEqual([null, null, null]);
    for (const label of [0, 2]) expect(some.statement.confusion?.[label]).toContainEqual(expect.any(Number));
    const accuracy = disclose(report, { ...options, confusion: false }).cost.bits;
    expect((some.cost.bits - accuracy) / (all.cost.bits - accuracy)).toBeCloseTo(2 / 3, 10);
  });

  it('is of two classes where a model gives one value for both', () => {
    const matrix = [
      [3000, 300],
      [200, 6500],
    ];
    const binary: Report = { ...report, confusion: matrix, dataset: { ...report.dataset, classes: 1 } };
    const { statement, cost } = disclose(binary, options);
    expect(statement.dataset.classes).toBe(2);
    const accuracy = disclose(binary, { ...options, confusion: false }).cost.bits;
    const three = disclose(report, options).cost.bits - accuracy;
    expect((cost.bits - accuracy) / three).toBeCloseTo(4 / 9, 10);
    expect(statementSchema.safeParse(statement).success).toBe(true);
  });

  it.each<[string, Release['metrics'], boolean, RegExp]>([
    ['an accuracy', [], false, /does not release its accuracy.*--metrics accuracy$/],
    ['both', [], true, /does not release its accuracy and confusion.*--metrics accuracy,confusion$/],
    ['a confusion matrix', ['accuracy'], true, /does not release its confusion.*--metrics accuracy,confusion$/],
  ])('refuses %s that it does not name, and says how to allow it', (_what, metrics, wanted, message) => {
    const release: Release = { metrics, slices: 'all' };
    expect(() => disclose(report, { ...options, confusion: wanted, release })).toThrow(message);
    const { statement } = disclose(report, { ...options, confusion: wanted });
    expect(() => assertReleased(statement, release)).toThrow(message);
  });

  it('holds for figures that were drawn when more was released', () => {
    const { statement } = disclose(report, options);
    expect(() => assertReleased(statement, EVERYTHING)).not.toThrow();
    const less: Release = { metrics: ['accuracy', 'confusion'], slices: [1] };
    expect(() => assertReleased(statement, less)).toThrow(/classes that .* does not release: 0, 2.*--slices/);
    const drawn = disclose(report, { ...options, release: less }).statement;
    expect(() => assertReleased(drawn, less)).not.toThrow();
    expect(() => assertReleased(disclose(report, { ...options, confusion: false }).statement, less)).not.toThrow();
  });
});
