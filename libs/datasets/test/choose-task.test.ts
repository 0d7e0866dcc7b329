import { describe, expect, it } from '@jest/globals';
import { chooseTask } from '../src/own/choose-task.js';
import type { ColumnProfile } from '../src/own/profile.js';

const label = (name: string, ...distinct: string[]): ColumnProfile =>
  ({ name, distinct, isNumber: false, isWhole: false }) as unknown as ColumnProfile;

const DIAGNOSIS = label('diagnosis', 'benign', 'malignant');
const COLOUR = label('colour', 'blue', 'green', 'red');

describe('what a person says of a task', () => {
  it('decides where it fits the label', () => {
    expect(chooseTask([DIAGNOSIS], { task: 'binary', positive: 'benign' }, 'test')).toMatchObject({
      task: { kind: 'binary' },
      classes: ['malignant', 'benign'],
    });
    const stated = { classes: ['malignant', 'benign'], positive: 'benign' };
    expect(chooseTask([DIAGNOSIS], stated, 'test').classes).toEqual(['malignant', 'benign']);
    expect(chooseTask([DIAGNOSIS, COLOUR], { task: 'multilabel' }, 'test').task).toEqual({
      kind: 'multilabel',
      labels: 2,
    });
  });

  it.each([
    [[COLOUR], { task: 'binary' }, /3 classes .* of a binary task/],
    [[COLOUR], { positive: 'red' }, /a positive class of 3 classes/],
    [[DIAGNOSIS], { positive: 'unclear' }, /there is no class/],
    [[DIAGNOSIS], { classes: ['malignant', 'benign'], positive: 'malignant' }, /is not the second class/],
    [[DIAGNOSIS, COLOUR], { task: 'binary' }, /2 label columns of one classification/],
    [[DIAGNOSIS, COLOUR], { task: 'multiclass' }, /2 label columns of one classification/],
  ] as const)('is refused where it contradicts the labels: %#', (labels, known, message) => {
    expect(() => chooseTask(labels, known, 'test')).toThrow(message);
  });
});
