import { describe, expect, it } from '@jest/globals';
import type { Curve } from '../src/curve.js';
import { type Reproduction, chosenRun, reproductionSchema, reproductionTable } from '../src/reproduction.js';

type Row = Reproduction['rows'][number];

const run = (seed: number, base: number, encrypted: number, agreement = 1, trainSeconds = 60): Row['runs'][number] => ({
  seed,
  epoch: 9,
  base,
  encrypted,
  agreement,
  trainSeconds,
});
const row = (dataset: string, ...runs: Row['runs']): Row => ({
  dataset,
  model: 'cnn',
  images: 10_000,
  epochs: 12,
  runs,
});

/** Cells of the table's rows, without its head. */
const cellsOf = (rows: readonly Row[]): string[][] =>
  reproductionTable([...rows])
    .split('\n')
    .slice(2)
    .map((line) => line.slice(2, -2).split(' | '));

describe('the table of a reproduction', () => {
  it('has a head and a line for each network', () => {
    const lines = reproductionTable([row('mnist', run(1, 0.99, 0.98)), row('fashion-mnist', run(1, 0.9, 0.9))]).split(
      '\n',
    );
    expect(lines[0]).toBe(
      '| dataset, network | reference base / encrypted | base | encrypted | least agreement | training |',
    );
    expect(lines[1]).toBe('| --- | --- | --- | --- | --- | --- |');
    expect(lines.length).toBe(4);
    expect(new Set(lines.map((line) => line.split('|').length)).size).toBe(1);
  });

  it('states the one run as it is, beside the reference', () => {
    expect(cellsOf([row('mnist', run(1, 0.9912, 0.985, 0.9999, 90))])).toEqual([
      ['mnist, `cnn`', '99.10 % / 98.20 %', '99.12 %', '98.50 %', '99.99 %', '1 × 12 epochs, 1.5 min each'],
    ]);
  });

  it('states median and spread of several runs, their least agreement and their median time', () => {
    const runs = [run(1, 0.98, 0.97, 1, 60), run(2, 0.96, 0.99, 0.998, 600), run(3, 0.99, 0.95, 0.999, 120)];
    expect(cellsOf([row('fashion-mnist', ...runs)])).toEqual([
      [
        'fashion-mnist, `cnn`',
        '89.03 % / 88.11 %',
        '98.00 % (96.00 to 99.00)',
        '97.00 % (95.00 to 99.00)',
        '99.80 %',
        '3 × 12 epochs, 2.0 min each',
      ],
    ]);
  });

  it('takes the middle of the middle two where runs are even in number', () => {
    expect(cellsOf([row('mnist', run(1, 0.9, 0.9), run(2, 0.92, 0.94))])[0]?.slice(2, 4)).toEqual([
      '91.00 % (90.00 to 92.00)',
      '92.00 % (90.00 to 94.00)',
    ]);
  });

  it('says so where there is no reference', () => {
    expect(cellsOf([row('mine', run(1, 0.9, 0.9))])[0]?.[1]).toBe('none');
  });
});

describe('the run of a curve', () => {
  const curve: Curve = {
    format: 'ciphernet-curve',
    version: 1,
    run: 'train-1',
    dataset: 'mnist',
    model: 'cnn',
    images: 100,
    trainSeconds: 12,
    chosenEpoch: 2,
    points: [
      { epoch: 1, evaluation: 'e1', base: 0.99, encrypted: 0.99, agreement: 1 },
      { epoch: 2, evaluation: 'e2', base: 0.9, quantised: 0.89, encrypted: 0.88, agreement: 0.97 },
    ],
    missing: [],
  };

  it('is of the epoch that validation chose, not of the best', () => {
    const chosen = chosenRun(7, curve);
    expect(chosen).toEqual({ seed: 7, epoch: 2, base: 0.9, encrypted: 0.88, agreement: 0.97, trainSeconds: 12 });
    const reproduction = { format: 'ciphernet-reproduction', version: 1, rows: [row('mnist', chosen!)] };
    expect(reproductionSchema.parse(reproduction)).toEqual(reproduction);
  });

  it('is missing where that epoch was not evaluated, or not compared', () => {
    expect(chosenRun(7, { ...curve, chosenEpoch: 3 })).toBeUndefined();
    const { base: _base, ...withoutBase } = curve.points[1]!;
    expect(chosenRun(7, { ...curve, points: [withoutBase] })).toBeUndefined();
    const { agreement: _agreement, ...withoutAgreement } = curve.points[1]!;
    expect(chosenRun(7, { ...curve, points: [withoutAgreement] })).toBeUndefined();
  });
});
