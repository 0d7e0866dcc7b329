import type { BenchmarkRecord, Figures } from './history.js';

export interface Regression {
  readonly run: string;
  readonly evaluation: string;
  readonly series: string;
  readonly figure: keyof Figures;
  readonly value: number;
  /** Of the runs before it. */
  readonly median: number;
  readonly limit: number;
}

/** True where less is worse. */
const LESS_IS_WORSE: Readonly<Record<keyof Figures, boolean>> = {
  accuracy: true,
  imagesPerSecond: true,
  uploadBytes: false,
  downloadBytes: false,
  encryptSeconds: false,
  inferSeconds: false,
  decryptSeconds: false,
};

/** Runs that a figure is compared with: as many as there are, the last ones of a long history. */
const WINDOW = 20;
const LEAST = 3;

/** Student's t at 99.5 %, one-sided, by degrees of freedom from 2; beyond the table it is within 6 % of 2.58 + 5/n. */
const STUDENT = [9.92, 5.84, 4.6, 4.03, 3.71, 3.5, 3.36, 3.25, 3.17, 3.11, 3.05, 3.01, 2.98, 2.95, 2.92, 2.9, 2.88];

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/**
 * How far from the median of `earlier` a next value may lie: a prediction interval by Student's t, with 1.4826 times the
 * median absolute deviation as the deviation, so that one odd run among them does not widen it. Three runs say little
 * about their spread, and the interval is wide; it narrows as they become more.
 */
export function expectedRange(earlier: readonly number[]): { readonly median: number; readonly reach: number } {
  const middle = median(earlier);
  const deviation = 1.4826 * median(earlier.map((value) => Math.abs(value - middle)));
  const t = STUDENT[earlier.length - LEAST] ?? 2.88;
  return { median: middle, reach: t * deviation * Math.sqrt(1 + 1 / earlier.length) };
}

/** Name of a series: what must be the same for figures to be comparable. */
export function seriesOf(evaluation: BenchmarkRecord['evaluations'][number]): string {
  const { dataset, model, engine, images } = evaluation;
  return `${dataset}, ${model}, ${engine}, ${images} images`;
}

/** Figures that left their own spread for the worse; each is compared with the runs before it that were not flagged. */
export function findRegressions(history: readonly BenchmarkRecord[]): Regression[] {
  const regressions: Regression[] = [];
  const earlier = new Map<string, number[]>();
  for (const record of history) {
    for (const evaluation of record.evaluations) {
      const series = seriesOf(evaluation);
      for (const [name, value] of Object.entries(evaluation.figures)) {
        if (value === undefined) continue;
        const figure = name as keyof Figures;
        const values = earlier.get(`${series} ${figure}`) ?? [];
        earlier.set(`${series} ${figure}`, values);
        if (values.length >= LEAST) {
          const { median: middle, reach } = expectedRange(values.slice(-WINDOW));
          const limit = LESS_IS_WORSE[figure] ? middle - reach : middle + reach;
          if (LESS_IS_WORSE[figure] ? value < limit : value > limit) {
            const { run } = record;
            regressions.push({ run, evaluation: evaluation.evaluation, series, figure, value, median: middle, limit });
            continue;
          }
        }
        values.push(value);
      }
    }
  }
  return regressions;
}
