import { printable } from '@ciphernet/foundation';
import { figureText, metricName } from './metric-rows.js';

/** One evaluation of a comparison: figures of what decryption gave. */
export interface ComparedModel {
  readonly evaluation: string;
  /** Digest of the model. */
  readonly digest: string;
  /** Known where the owner may hold the model. */
  readonly name?: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** 95 % */
  readonly intervals: Readonly<Record<string, readonly [low: number, high: number]>>;
  /** Figures that cannot be had, and why. */
  readonly withoutMetrics: Readonly<Record<string, string>>;
}

/** Two of the evaluations, on the same examples. */
export interface ComparedPair {
  readonly first: string;
  readonly second: string;
  /** How often which is right; absent where nothing is decided. */
  readonly decisions?: {
    readonly bothRight: number;
    readonly onlyFirstRight: number;
    readonly onlySecondRight: number;
    readonly bothWrong: number;
    /** Of McNemar's exact test, two-sided. */
    readonly p: number;
    /** The same, adjusted to the number of pairs by Holm's method (1979). */
    readonly pOfAll: number;
  };
  readonly differences: Readonly<
    Record<
      string,
      {
        readonly first: number;
        readonly second: number;
        /** second − first */
        readonly difference: number;
        /** 95 % of the difference, of each pair by itself. */
        readonly interval: readonly [low: number, high: number];
        readonly method: string;
      }
    >
  >;
  readonly withoutMetrics: Readonly<Record<string, string>>;
}

/** Several models on the same examples, for their owner's eyes: exact figures, without noise. */
export interface ModelComparison {
  readonly format: 'ciphernet-comparison';
  readonly version: 1;
  readonly createdAt: string;
  readonly dataset: string;
  readonly task: string;
  readonly examples: number;
  /** Keys of the figures that are compared, in the order in which they are shown. */
  readonly figures: readonly string[];
  readonly models: readonly ComparedModel[];
  readonly pairs: readonly ComparedPair[];
}

/** True where the 95 % interval of a difference does not hold 0. */
export function isBeyondChance([low, high]: readonly [number, number]): boolean {
  return low > 0 || high < 0;
}

const signed = (value: number): string => `${value > 0 ? '+' : ''}${figureText(value)}`;

/** p values as people write them: of those below a thousandth the size only. */
const pText = (p: number): string => (p < 0.001 ? p.toExponential(1) : p.toFixed(3));

/** Differences of a pair as texts: figure, difference, interval, and whether it is beyond chance. */
export function pairRows({ differences, withoutMetrics }: ComparedPair): readonly (readonly string[])[] {
  const rows = Object.entries(differences).map(([key, { difference, interval }]) => [
    metricName(key),
    signed(difference),
    `${signed(interval[0])} to ${signed(interval[1])}`,
    isBeyondChance(interval) ? 'beyond chance' : '',
  ]);
  const absent = Object.entries(withoutMetrics).map(([key, why]) => [metricName(key), '–', why, '']);
  return [...rows, ...absent];
}

/** How often which of two was right, and the test of it; nothing where nothing is decided. */
export function decisionsText({ first, second, decisions }: ComparedPair, pairs: number): readonly string[] {
  if (decisions === undefined) return [];
  const { bothRight, onlyFirstRight, onlySecondRight, bothWrong, p, pOfAll } = decisions;
  const count = (value: number): string => value.toLocaleString('en');
  const all = pairs === 1 ? '' : `, ${pText(pOfAll)} of ${pairs} pairs together (Holm)`;
  return [
    `both right ${count(bothRight)}, only ${first} ${count(onlyFirstRight)}, only ${second} ${count(onlySecondRight)}, both wrong ${count(bothWrong)}`,
    `McNemar’s exact test: p = ${pText(p)}${all}`,
  ];
}

/** A column for each figure, a line for each evaluation. */
function modelLines({ figures, models }: ModelComparison): string[] {
  const nameWidth = Math.max(12, ...models.map(({ evaluation }) => evaluation.length)) + 2;
  const heads = figures.map(metricName);
  const widths = heads.map((head) => Math.max(head.length, 9) + 2);
  const line = (name: string, cells: readonly string[], what: string): string =>
    `  ${name.padEnd(nameWidth)}${cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('')}   ${what}`.trimEnd();
  return [
    line('evaluation', heads, 'model'),
    ...models.map(({ evaluation, metrics, name, digest }) =>
      line(
        evaluation,
        figures.map((key) => figureText(metrics[key])),
        name ?? digest.slice(0, 12),
      ),
    ),
  ];
}

/** A comparison as tables for the terminal. */
export function comparisonToText(comparison: ModelComparison): string {
  const { dataset, examples, models, pairs } = comparison;
  const lines = [
    `${dataset}, ${examples.toLocaleString('en')} examples, ${models.length} evaluations`,
    ...modelLines(comparison),
    ...pairs.flatMap((pair) => [
      '',
      `${pair.second} less ${pair.first}`,
      ...pairRows(pair).map(([name = '', difference = '', interval = '', verdict = '']) =>
        `  ${name.padEnd(26)}${difference.padStart(11)}   95 % ${interval.padEnd(26)} ${verdict}`.trimEnd(),
      ),
      ...decisionsText(pair, pairs.length).map((text) => `  ${text}`),
    ]),
  ];
  // Names come from models and files.
  return printable(lines.join('\n'));
}
