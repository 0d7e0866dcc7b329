import { describe, expect, it } from '@jest/globals';
import { compareDecisions, decisionsOf, evaluateMetrics, evaluateSlices, pairedBootstrap } from '../src/index.js';
import type { Predictions } from '../src/index.js';

const classes: Predictions = {
  task: { kind: 'multiclass', classes: 3 },
  link: 'softmax',
  width: 3,
  outputs: Float64Array.of(1, 0, 0, 0, 1, 0),
  targets: Float64Array.of(0, 2),
};
const binary: Predictions = {
  task: { kind: 'binary' },
  link: 'sigmoid',
  width: 1,
  outputs: Float64Array.of(-1, 2),
  targets: Float64Array.of(0, 1),
};
const labels: Predictions = { ...binary, task: { kind: 'multilabel', labels: 2 }, width: 2 };
const regression: Predictions = { ...binary, task: { kind: 'regression', outputs: 1 }, link: 'identity' };

const bad: [string, Predictions, RegExp][] = [
  ['no example', { ...classes, outputs: new Float64Array(0) }, /0 outputs of 3.*whole examples/],
  ['a part of an example', { ...classes, outputs: new Float64Array(4) }, /4 outputs of 3/],
  ['a width of other classes', { ...classes, width: 2 }, /2 outputs an example.*has 3/],
  ['three outputs for two classes', { ...binary, width: 3 }, /3 outputs an example.*1 or 2/],
  ['one class', { ...classes, task: { kind: 'multiclass', classes: 1 }, width: 1 }, /task of 1.*from 2/],
  ['half a class', { ...classes, task: { kind: 'multiclass', classes: 2.5 } }, /task of 2.5/],
  ['too many classes', { ...classes, task: { kind: 'multiclass', classes: 70_000 } }, /task of 70000/],
  ['no labels', { ...labels, task: { kind: 'multilabel', labels: 0 } }, /task of 0/],
  [
    'an output that is no number',
    { ...classes, outputs: Float64Array.of(1, 0, 0, 0, NaN, 0) },
    /output 1 of example 1 is NaN/,
  ],
  ['an infinite output', { ...binary, outputs: Float64Array.of(0, -Infinity) }, /output 0 of example 1 is -Infinity/],
  ['a target beyond the classes', { ...classes, targets: Float64Array.of(0, 3) }, /target 0 of example 1 is 3.*0 to 2/],
  ['a target between classes', { ...classes, targets: Float64Array.of(0.5, 1) }, /target 0 of example 0 is 0.5/],
  ['a negative target', { ...binary, targets: Float64Array.of(-1, 1) }, /is -1.*0 to 1/],
  ['a missing target', { ...classes, targets: Float64Array.of(0) }, /1 targets for 2 examples/],
  ['one target for two labels', { ...labels, targets: Float64Array.of(1) }, /1 targets for 1 examples.*has 2/],
  ['an infinite target', { ...regression, targets: Float64Array.of(1, Infinity) }, /target 0 of example 1/],
  ['a name too few', { ...classes, names: ['a', 'b'] }, /2 names for 3/],
];

describe('bad predictions', () => {
  it.each(bad)('with %s are refused with the place and what to do', (_, predictions, message) => {
    expect(() => evaluateMetrics(predictions)).toThrow(message);
    expect(() => evaluateMetrics(predictions)).toThrow(expect.objectContaining({ name: 'InputError' }));
  });

  it.each([
    ['classes by sigmoid', { ...classes, link: 'sigmoid' }],
    ['one output by softmax', { ...binary, link: 'softmax' }],
    ['two outputs by sigmoid', { ...binary, width: 2, outputs: new Float64Array(4) }],
    ['labels by softmax', { ...labels, link: 'softmax' }],
    ['a regression by sigmoid', { ...regression, link: 'sigmoid' }],
  ] as [string, Predictions][])('as %s are not supported', (_, predictions) => {
    expect(() => evaluateMetrics(predictions)).toThrow(expect.objectContaining({ name: 'UnsupportedError' }));
  });

  it.each([
    [{ seed: -1 }, /seed/],
    [{ seed: 0.5 }, /seed/],
    [{ resamples: 99 }, /resamples/],
    [{ resamples: 1e6 }, /resamples/],
    [{ resamples: NaN }, /resamples/],
  ])('and options %j are refused', (options, message) => {
    expect(() => evaluateMetrics(classes, options)).toThrow(message);
    expect(() => pairedBootstrap(classes, classes, options)).toThrow(message);
  });

  it('of a regression have no decisions', () => {
    expect(() => decisionsOf(regression)).toThrow(RangeError);
  });

  it('are not compared with those of other examples, or by unknown metrics', () => {
    expect(() => pairedBootstrap(classes, { ...classes, targets: Float64Array.of(0, 1) })).toThrow(/same examples/);
    expect(() => pairedBootstrap(classes, binary)).toThrow(/same examples/);
    expect(() => pairedBootstrap(classes, classes, { metrics: ['mae'] })).toThrow(/no metric mae/);
    expect(() => compareDecisions(Int32Array.of(1), Int32Array.of(1, 0), [1, 0])).toThrow(/1 and 2 decisions/);
    expect(() => compareDecisions(Int32Array.of(1, 0), Int32Array.of(1, 0), [1, 0], 3)).toThrow(/3 an example/);
    expect(() => compareDecisions(new Int32Array(0), new Int32Array(0), [])).toThrow(/0 targets/);
  });

  it.each([
    [{ values: Uint16Array.of(0), names: ['a'] }, 1, /1 slice values for 2/],
    [{ values: Uint16Array.of(0, 1), names: ['a'] }, 1, /slice 1 of example 1 is beyond 1/],
    [{ values: Uint16Array.of(0, 0), names: ['a'] }, 0, /minimum of 0/],
    [{ values: Uint16Array.of(0, 0), names: ['a'] }, 1.5, /minimum of 1.5/],
  ])('are not sliced by %j at %d', (slices, minimum, message) => {
    expect(() => evaluateSlices(classes, slices, { minimum })).toThrow(message);
  });
});

describe('metrics that cannot be had', () => {
  const reasons = (predictions: Predictions): Record<string, string> =>
    evaluateMetrics(predictions, { resamples: 100 }).undefinedMetrics;

  it('of scores are those of probabilities', () => {
    expect(Object.keys(reasons({ ...binary, link: 'score' })).sort()).toEqual(['brier', 'calibrationError', 'logLoss']);
  });

  it('of outputs that are said to be probabilities and are not say which one', () => {
    expect(reasons({ ...binary, link: 'identity' })['brier']).toMatch(/output 0 of example 0 is -1/);
    expect(reasons({ ...classes, link: 'identity', outputs: new Float64Array(6) })['logLoss']).toMatch(/add up to 0/);
  });

  it('of one class are areas under curves; the name of the class is said', () => {
    const named = { ...binary, names: ['healthy', 'ill'] };
    expect(reasons({ ...named, targets: Float64Array.of(0, 0) })).toEqual({
      rocAuc: 'no example is ill',
      prAuc: 'no example is ill',
    });
    expect(reasons({ ...named, targets: Float64Array.of(1, 1) })).toEqual({ rocAuc: 'every example is ill' });
    expect(reasons(classes)['rocAuc']).toBe('no example is 1');
  });

  it('of equal targets is the coefficient of determination', () => {
    const equal = { ...regression, targets: Float64Array.of(0.1, 0.1) };
    expect(reasons(equal)['r2']).toMatch(/every target of output 0/);
    expect(evaluateMetrics(equal, { resamples: 100 }).metrics['mae']).toBeCloseTo(1.5, 12);
  });
});

describe('decisions', () => {
  it('are the first of the largest outputs', () => {
    const outputs = Float64Array.of(0, 2, 2, 5, 5, 5, -3, -2, -1);
    expect([...decisionsOf({ ...classes, outputs })]).toEqual([1, 0, 2]);
    expect([...decisionsOf({ ...binary, width: 2, link: 'softmax', outputs: Float64Array.of(1, 2, 3, 3) })]).toEqual([
      1, 0,
    ]);
  });

  it('need more than zero of a logit or score, more than half of a probability', () => {
    const outputs = Float64Array.of(0, 1e-300, 0.5, 0.6);
    expect([...decisionsOf({ ...binary, outputs })]).toEqual([0, 1, 1, 1]);
    expect([...decisionsOf({ ...binary, link: 'score', outputs })]).toEqual([0, 1, 1, 1]);
    expect([...decisionsOf({ ...binary, link: 'identity', outputs })]).toEqual([0, 0, 0, 1]);
    expect([...decisionsOf({ ...labels, link: 'identity', outputs })]).toEqual([0, 0, 0, 1]);
  });
});
