import type { Examples, Task } from '@ciphernet/datasets';
import { describe, expect, it } from '@jest/globals';
import { predictionsToCsv } from '../src/predictions.js';
import { accuracyOf } from '../src/score.js';

const examplesOf = (task: Task, count: number, classNames?: string[]): Examples =>
  ({ task, count, ...(classNames === undefined ? {} : { classNames }) }) as unknown as Examples;

describe('predictions', () => {
  it.each([
    [{ kind: 'binary' }, ['no', 'a "yes", or so'], [2, -3], 1, 'row,decision\n0,"a ""yes"", or so"\n1,no\n'],
    [
      { kind: 'multilabel', labels: 2 },
      ['red', 'big, round'],
      [1, -1, -1, 1],
      2,
      'row,red,"big, round"\n0,1,0\n1,0,1\n',
    ],
    [{ kind: 'multilabel', labels: 2 }, undefined, [1, -1, -1, 1], 2, 'row,label0,label1\n0,1,0\n1,0,1\n'],
    [{ kind: 'regression', outputs: 1 }, undefined, [0.5, 2], 1, 'row,prediction\n0,0.5\n1,2\n'],
    [{ kind: 'regression', outputs: 2 }, undefined, [0.5, 2, 1, 3], 2, 'row,prediction0,prediction1\n0,0.5,2\n1,1,3\n'],
  ] as const)('of %j have a name for each column', (task, names, outputs, width, csv) => {
    const link = task.kind === 'regression' ? 'identity' : 'sigmoid';
    const answers = { task, link, outputs: Float64Array.from(outputs), width } as const;
    expect(predictionsToCsv(examplesOf(task, 2, names === undefined ? undefined : [...names]), answers)).toBe(csv);
  });
});

describe('accuracy', () => {
  it('is of examples, of several labels all of them', () => {
    const targets = { values: Float64Array.of(1, 0, 1, 1, 0, 0) };
    const decisions = Int32Array.of(1, 0, 1, 0, 0, 0);
    expect(accuracyOf({ task: { kind: 'multilabel', labels: 2 }, targets }, decisions)).toBeCloseTo(2 / 3);
    expect(accuracyOf({ task: { kind: 'binary' }, targets }, decisions)).toBeCloseTo(5 / 6);
    expect(accuracyOf({ task: { kind: 'binary' }, targets }, undefined)).toBeUndefined();
  });
});
