import { describe, expect, it } from '@jest/globals';
import { evaluateMetrics, pairedBootstrap, wilsonInterval } from '../src/index.js';
import { rankingStatistic } from '../src/ranking.js';
import { bootstrap, estimates, percentileInterval, resamplingOf } from '../src/resampling.js';
import { TASKS, countIn, simulate, source, statisticsIn } from './examples.js';

/** So many that resampling a thousand examples would read too much. */
const TOO_MANY = 100_000;

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

describe('intervals', () => {
  it.each(TASKS)('of a $kind task are the same for a seed, and others for another', (task) => {
    const of = simulate(task, 80, 3);
    const once = evaluateMetrics(of, { seed: 7, resamples: 200 });
    expect(evaluateMetrics(of, { seed: 7, resamples: 200 })).toEqual(once);
    const other = evaluateMetrics(of, { seed: 8, resamples: 200 });
    expect(other.metrics).toEqual(once.metrics);
    const name = task.kind === 'regression' ? 'mae' : 'rocAuc';
    expect(other.intervals[name]).not.toEqual(once.intervals[name]);
  });

  it.each(TASKS)('of a $kind task have the spread of resamples also where influences give it', (task) => {
    const of = simulate(task, 1000, 11);
    const statistics = statisticsIn(of);
    const samples = bootstrap(statistics, countIn(of), resamplingOf({ resamples: 400 }));
    const influences = statistics.flatMap((statistic) => statistic.influences());
    const names = statistics.flatMap(({ metrics }) => metrics.map(({ name }) => name));
    expect(influences.length).toBe(names.length);
    names.forEach((name, m) => {
      const error = Math.sqrt(influences[m]!.reduce((sum, value) => sum + value * value, 0));
      // A deviation of 400 resamples is known to 4 %. The calibration error, near its least, is not smooth.
      const ratio = error / deviation(samples[m]!);
      expect([name, ratio > (name === 'calibrationError' ? 0.7 : 0.85) && ratio < 1.3]).toEqual([name, true]);
    });
  });

  it('come of influences where resampling would read too much', () => {
    const of = simulate({ kind: 'binary' }, 1000, 5);
    const [many, few] = [evaluateMetrics(of, { resamples: TOO_MANY }), evaluateMetrics(of)];
    expect(many.intervalMethods['rocAuc']).toBe('jackknife');
    expect(few.intervalMethods['rocAuc']).toBe('bootstrap');
    expect(many.intervalMethods['accuracy']).toBe('wilson');
    for (const [name, [low, high]] of Object.entries(few.intervals)) {
      const [otherLow, otherHigh] = many.intervals[name]!;
      const width = high - low;
      if (name === 'calibrationError') continue; // biased upwards in resamples, symmetric here
      expect(Math.abs(otherLow - low)).toBeLessThan(0.15 * width);
      expect(Math.abs(otherHigh - high)).toBeLessThan(0.15 * width);
    }
  });

  it('hold the true area under the curve about 95 times of a hundred', () => {
    // Scores of positives are normal around 1, of the others around 0: the area is Φ(1/√2).
    const area = 0.7602499389065233;
    let covered = 0;
    const runs = 300;
    for (let run = 0; run < runs; run++) {
      const { uniform, normal } = source(1000 + run);
      const positives = Uint8Array.from({ length: 150 }, () => (uniform() < 0.4 ? 1 : 0));
      const scores = Float64Array.from(positives, (positive) => positive + normal());
      const statistic = rankingStatistic(150, 1, () => ({ name: '1', scores, positives }));
      const [samples] = bootstrap([statistic], 150, resamplingOf({ seed: run, resamples: 200 }));
      const [low, high] = percentileInterval(estimates([statistic])[0]!, samples!)!;
      if (low <= area && area <= high) covered++;
    }
    expect(covered / runs).toBeGreaterThan(0.91);
    expect(covered / runs).toBeLessThan(0.985);
  });

  it('are the shares at 2.5 and 97.5 % between values, and reach to the estimate', () => {
    const samples = Float64Array.from({ length: 41 }, (_, i) => (i * 7) % 41);
    expect(percentileInterval(20, samples)).toEqual([1, 39]);
    expect(percentileInterval(-2, samples)).toEqual([-2, 39]);
    expect(percentileInterval(20, Float64Array.of(NaN, 4, NaN, 5))).toEqual([4.025, 20]);
    expect(percentileInterval(20, Float64Array.of(NaN))).toBeUndefined();
  });

  it('of shares hold the share, and are exact at both ends', () => {
    expect(wilsonInterval(0, 3)[0]).toBe(0);
    expect(wilsonInterval(3, 3)[1]).toBe(1);
    for (let hits = 0; hits <= 50; hits++) {
      const [low, high] = wilsonInterval(hits, 50);
      expect(low).toBeLessThanOrEqual(hits / 50);
      expect(high).toBeGreaterThanOrEqual(hits / 50);
    }
  });
});

describe('paired differences', () => {
  const task = { kind: 'multiclass', classes: 3 } as const;
  const first = simulate(task, 400, 21);
  /** The same outputs with the right one raised: better on every example. */
  const better = {
    ...first,
    outputs: first.outputs.map((z, at) => z + (first.targets[Math.floor(at / 3)] === at % 3 ? 1 : 0)),
  };

  it('are nothing between a model and itself', () => {
    for (const resamples of [200, TOO_MANY]) {
      const { differences } = pairedBootstrap(first, first, { resamples });
      expect(Object.keys(differences)).toContain('accuracy');
      for (const { difference, interval } of Object.values(differences)) {
        expect(difference).toBe(0);
        expect(interval.map(Math.abs)).toEqual([0, 0]);
      }
    }
  });

  it.each([
    [400, 'bootstrap'],
    [TOO_MANY, 'jackknife'],
  ])('of a better model do not hold 0, and are narrower than both intervals: %i resamples', (resamples, method) => {
    const { differences } = pairedBootstrap(first, better, { resamples });
    for (const name of ['accuracy', 'f1Macro', 'rocAuc', 'prAuc']) {
      const { first: a, second: b, difference, interval, method: used } = differences[name]!;
      expect(used).toBe(method);
      expect(difference).toBeCloseTo(b - a, 15);
      expect(interval[0]).toBeGreaterThan(0);
      expect(interval[1]).toBeGreaterThan(difference);
    }
    const { intervals } = evaluateMetrics(first, { resamples: 400 });
    const width = ([low, high]: [number, number]): number => high - low;
    expect(width(differences['logLoss']!.interval)).toBeLessThan(width(intervals['logLoss']!));
  });

  it('are those of the evaluations, and swap their sign with the models', () => {
    const there = pairedBootstrap(first, better, { resamples: 100 }).differences;
    const back = pairedBootstrap(better, first, { resamples: 100 }).differences;
    const { metrics } = evaluateMetrics(better, { resamples: 100 });
    expect(Object.keys(there).sort()).toEqual(Object.keys(metrics).sort());
    for (const [name, { second, difference }] of Object.entries(there)) {
      expect(second).toBeCloseTo(metrics[name]!, 14);
      expect(back[name]!.difference).toBe(-difference);
    }
  });

  it('are of the metrics that are asked for; what one model has not is named', () => {
    expect(Object.keys(pairedBootstrap(first, better, { metrics: ['top2'], resamples: 100 }).differences)).toEqual([
      'top2',
    ]);
    const { differences, undefinedMetrics } = pairedBootstrap({ ...first, link: 'score' }, better, { resamples: 100 });
    expect(Object.keys(undefinedMetrics).sort()).toEqual(['brier', 'calibrationError', 'logLoss']);
    expect(differences['rocAuc']).toBeDefined();
  });
});
