import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { fairCoinTest } from '../src/binomial.js';
import { evaluateMetrics } from '../src/evaluate.js';
import type { Link, Task } from '../src/task.js';
import { wilsonInterval } from '../src/wilson.js';

interface Case {
  readonly task: Task;
  readonly link: Link;
  readonly width: number;
  readonly outputs: number[];
  readonly targets: number[];
  readonly metrics: Record<string, number>;
  readonly perClass?: Record<'precision' | 'recall' | 'f1' | 'support', number[]>;
  readonly confusion?: number[][];
  readonly reliability?: Record<'counts' | 'frequency' | 'confidence', number[]>;
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** Relative, and for values below 1e-3 absolute 1e-15. */
function expectClose(found: number | undefined, wanted: number): void {
  expect(found).toBeDefined();
  expect(Math.abs(found! - wanted)).toBeLessThanOrEqual(1e-12 * Math.max(Math.abs(wanted), 1e-3));
}

const cases = ['multiclass', 'binary', 'multilabel', 'regression'].flatMap((file) =>
  Object.entries(read<Record<string, Case>>(file)).map(([name, value]) => [file, name, value] as const),
);

describe('metrics against scikit-learn', () => {
  it.each(cases)('of %s: %s, are the same to twelve digits', (_file, _name, one) => {
    const { task, link, width } = one;
    const outputs = Float64Array.from(one.outputs);
    const found = evaluateMetrics(
      { task, link, width, outputs, targets: Float64Array.from(one.targets) },
      { resamples: 100 },
    );
    for (const [name, value] of Object.entries(one.metrics)) expectClose(found.metrics[name], value);
    expect(Object.keys(found.metrics).sort()).toEqual(Object.keys(one.metrics).sort());
    if (one.confusion !== undefined) expect(found.confusion).toEqual(one.confusion);
    found.perClass?.forEach(({ support, precision, recall, f1 }, c) => {
      expect(support).toBe(one.perClass?.support[c]);
      expectClose(precision, one.perClass!.precision[c]!);
      expectClose(recall, one.perClass!.recall[c]!);
      expectClose(f1, one.perClass!.f1[c]!);
    });
    if (one.reliability === undefined) return;
    const { counts, frequency, confidence } = found.reliability!;
    expect(counts).toEqual(one.reliability.counts);
    const filled = [...counts.keys()].filter((bin) => counts[bin]! > 0);
    filled.forEach((bin, k) => {
      expectClose(frequency[bin], one.reliability!.frequency[k]!);
      expectClose(confidence[bin], one.reliability!.confidence[k]!);
    });
  });
});

describe('tests and intervals against SciPy', () => {
  const { wilson, mcnemar } = read<{ wilson: number[][]; mcnemar: number[][] }>('tests');

  it.each(wilson)('Wilson: %i of %i', (hits, count, low, high) => {
    const [ownLow, ownHigh] = wilsonInterval(hits, count);
    expectClose(ownLow, low);
    expectClose(ownHigh, high);
  });

  it.each(mcnemar)('McNemar: %i against %i', (first, second, p) => {
    expect(fairCoinTest(first, first + second) / p).toBeCloseTo(1, 10);
  });
});
