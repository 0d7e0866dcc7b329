import {
  type Memberships,
  type Tally,
  categoryOf,
  isDecided,
  isTrue,
  tallyOf,
  withoutCategory,
} from './memberships.js';
import { type Metric, SHARE, type Statistic } from './statistic.js';

/** a / b, and 0 where b is 0, as scikit-learn with zero_division=0. */
const share = (a: number, b: number): number => (b === 0 ? 0 : a / b);

export const precisionOf = ({ hits, decided }: Tally, c: number): number => share(hits[c]!, decided[c]!);
export const recallOf = ({ hits, support }: Tally, c: number): number => share(hits[c]!, support[c]!);
/** 2 hits / (support + decided), the harmonic mean of precision and recall. */
export const f1Of = ({ hits, support, decided }: Tally, c: number): number =>
  share(2 * hits[c]!, support[c]! + decided[c]!);

/** Precision, recall, F1 and, of classes with examples, recall: their means over some categories. */
const KINDS = ['precision', 'recall', 'f1', 'balanced'] as const;
type Kind = (typeof KINDS)[number];

/** The value of each kind for one category. */
const OF: Readonly<Record<Kind, (tally: Tally, c: number) => number>> = {
  precision: precisionOf,
  recall: recallOf,
  f1: f1Of,
  balanced: recallOf,
};

/** Whether a category counts in a mean. */
type Counts = (tally: Tally, kind: Kind, c: number) => boolean;

const hasExamples = ({ support }: Tally, c: number): boolean => support[c]! > 0;
/** scikit-learn's default: classes that are neither true nor decided of any example do not count. */
const ofClasses: Counts = (tally, kind, c) => hasExamples(tally, c) || (kind !== 'balanced' && tally.decided[c]! > 0);
const ofLabels: Counts = () => true;

/** The derivative of a category's value by the weight of an example that has it, is decided to, or both. */
function slope(tally: Tally, kind: Kind, c: number, code: number): number {
  const [is, said] = [isTrue(code) ? 1 : 0, isDecided(code) ? 1 : 0];
  const hit = is * said;
  switch (kind) {
    case 'precision':
      return share(said * (hit - precisionOf(tally, c)), tally.decided[c]!);
    case 'f1':
      return share(2 * hit - f1Of(tally, c) * (is + said), tally.support[c]! + tally.decided[c]!);
    case 'recall':
    case 'balanced':
      return share(is * (hit - recallOf(tally, c)), tally.support[c]!);
  }
}

interface Average extends Metric {
  readonly kind: Kind;
  readonly counts: Counts;
}

function averages(memberships: Memberships, metrics: readonly Average[]): Statistic {
  const { count, categories, examples, codes } = memberships;
  const scratch = new Float64Array(4 * categories);
  const counted = (tally: Tally, { kind, counts }: Average): number => {
    let number = 0;
    for (let c = 0; c < categories; c++) if (counts(tally, kind, c)) number++;
    return number;
  };
  return {
    metrics,
    visits: codes.length + metrics.length * categories,
    evaluate: (weights, into, at) => {
      const tally = tallyOf(memberships, weights, scratch);
      metrics.forEach((metric, m) => {
        let sum = 0;
        for (let c = 0; c < categories; c++) {
          if (metric.counts(tally, metric.kind, c)) sum += OF[metric.kind](tally, c);
        }
        into[at + m] = sum / counted(tally, metric);
      });
    },
    influences: () => {
      const tally = tallyOf(memberships, undefined, scratch);
      return metrics.map((metric) => {
        const number = counted(tally, metric);
        const slopes = new Float64Array(4 * categories);
        for (let code = 0; code < slopes.length; code++) {
          const c = categoryOf(code);
          if (metric.counts(tally, metric.kind, c)) slopes[code] = slope(tally, metric.kind, c, code) / number;
        }
        const influence = new Float64Array(count);
        for (let e = 0; e < codes.length; e++) influence[examples[e]!] = influence[examples[e]!]! + slopes[codes[e]!]!;
        return influence;
      });
    },
  };
}

const macro = (counts: Counts): Average[] => [
  { name: 'precisionMacro', range: SHARE, kind: 'precision', counts },
  { name: 'recallMacro', range: SHARE, kind: 'recall', counts },
  { name: 'f1Macro', range: SHARE, kind: 'f1', counts },
];

/** Balanced accuracy and means over the classes that occur; for two classes also precision, recall and F1 of class 1. */
export function classScores(memberships: Memberships, isBinary: boolean): Statistic {
  const ofOne: Counts = (_, __, c) => c === 1;
  return averages(memberships, [
    { name: 'balancedAccuracy', range: SHARE, kind: 'balanced', counts: ofClasses },
    ...macro(ofClasses),
    ...(isBinary ? KINDS.slice(0, 3).map((kind) => ({ name: kind, range: SHARE, kind, counts: ofOne })) : []),
  ]);
}

/** Means over all labels. */
export function labelScores(memberships: Memberships): Statistic {
  return averages(memberships, macro(ofLabels));
}

/** Precision, recall and F1 over all labels of all examples together. */
export function microScores(memberships: Memberships): Statistic {
  // The sum over the categories is the tally of one category that stands for them all.
  const pooled = { ...memberships, categories: 1, codes: memberships.codes.map(withoutCategory) };
  const counts: Counts = () => true;
  return averages(pooled, [
    { name: 'precisionMicro', range: SHARE, kind: 'precision', counts },
    { name: 'recallMicro', range: SHARE, kind: 'recall', counts },
    { name: 'f1Micro', range: SHARE, kind: 'f1', counts },
  ]);
}
