import { median } from '@ciphernet/foundation';
import type { BenchmarkRecord, Figures } from './history.js';

/** A figure that left the spread of the runs before it for the worse. */
export interface Regression {
  readonly run: string;
  readonly evaluation: string;
  /** From {@link seriesOf}. */
  readonly series: string;
  readonly figure: keyof Figures;
  readonly value: number;
  /** Of the runs before it. */
  readonly median: number;
  /** What it would have had to keep to. */
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

/** From so many values on the median absolute deviation says something; of three it is the smaller gap. */
const ROBUST = 8;

/** Around the median: robust where there are enough values, the standard deviation of the few there are otherwise. */
function deviationOf(values: readonly number[], middle: number): number {
  if (values.length >= ROBUST) return 1.4826 * median(values.map((value) => Math.abs(value - middle)));
  const sum = values.reduce((total, value) => total + (value - middle) ** 2, 0);
  return Math.sqrt(sum / (values.length - 1));
}

/**
 * How far from the median of `earlier` a next value may lie: a prediction interval by Student's t at 99.5 %. Three runs say
 * little about their spread, and the interval is wide; it narrows as they become more, and then one odd run among them
 * does not widen it.
 *
 * @param earlier at least three
 * @returns the median, and how far on each side of it
 */
export function expectedRange(earlier: readonly number[]): { readonly median: number; readonly reach: number } {
  const middle = median(earlier);
  const t = STUDENT[earlier.length - LEAST] ?? 2.88;
  return { median: middle, reach: t * deviationOf(earlier, middle) * Math.sqrt(1 + 1 / earlier.length) };
}

/** Name of a series: what must be the same for figures to be comparable. */
export function seriesOf(evaluation: BenchmarkRecord['evaluations'][number]): string {
  const { dataset, model, engine, images } = evaluation;
  return `${dataset}, ${model}, ${engine}, ${images} images`;
}

/** After so many flagged runs in a row the new level is what later ones are compared with. */
const NEW_LEVEL = 5;

interface Series {
  readonly values: number[];
  /** Flagged ones since the last that was not. */
  flagged: number[];
}

/** Adds a value to its series. @returns the range that it left for the worse, if it did */
function follow(series: Series, figure: keyof Figures, value: number): { median: number; limit: number } | undefined {
  if (series.values.length >= LEAST) {
    const { median: middle, reach } = expectedRange(series.values.slice(-WINDOW));
    const limit = LESS_IS_WORSE[figure] ? middle - reach : middle + reach;
    if (LESS_IS_WORSE[figure] ? value < limit : value > limit) {
      series.flagged.push(value);
      if (series.flagged.length === NEW_LEVEL) series.values.splice(0, Infinity, ...series.flagged.splice(0));
      return { median: middle, limit };
    }
  }
  series.flagged = [];
  series.values.push(value);
  return undefined;
}

/**
 * Figures that left their own spread for the worse; each is compared with the runs before it that were not flagged. A
 * change that lasts is flagged five times, then it is the new level.
 */
export function findRegressions(history: readonly BenchmarkRecord[]): Regression[] {
  const regressions: Regression[] = [];
  const known = new Map<string, Series>();
  for (const { run, evaluations } of history) {
    for (const evaluation of evaluations) {
      const series = seriesOf(evaluation);
      for (const [name, value] of Object.entries(evaluation.figures)) {
        if (value === undefined) continue;
        const figure = name as keyof Figures;
        const key = `${series} ${figure}`;
        const own = known.get(key) ?? { values: [], flagged: [] };
        known.set(key, own);
        const left = follow(own, figure, value);
        if (left !== undefined)
          regressions.push({ run, evaluation: evaluation.evaluation, series, figure, value, ...left });
      }
    }
  }
  return regressions;
}
