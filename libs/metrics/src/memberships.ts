import type { Weights } from './statistic.js';
import type { Predictions } from './task.js';

const TRUE = 1;
const DECIDED = 2;

/**
 * Which classes (or labels) each example truly has and is decided to have, without those of neither: what precision,
 * recall and F1 are made of, for tasks of classes and of labels alike. Ordered by example.
 */
export interface Memberships {
  readonly count: number;
  readonly categories: number;
  /** Example of each entry. */
  readonly examples: Uint32Array;
  /** 4 × category + 1 if it is true + 2 if it is decided. */
  readonly codes: Uint32Array;
}

/** Weights by category: of examples that have it, that are decided to, and both. */
export interface Tally {
  readonly support: Float64Array;
  readonly decided: Float64Array;
  readonly hits: Float64Array;
}

/** @param decisions as `decisionsOf` gives them */
export function membershipsOf(
  { task, targets }: Predictions,
  decisions: Int32Array,
  count: number,
  categories: number,
): Memberships {
  // Two passes instead of growing arrays: examples of millions of rows stay in typed arrays of the right length.
  let length = 0;
  const multilabel = task.kind === 'multilabel';
  for (let i = 0; i < targets.length; i++) {
    if (multilabel) length += targets[i] === 1 || decisions[i] === 1 ? 1 : 0;
    else length += targets[i] === decisions[i] ? 1 : 2;
  }
  const examples = new Uint32Array(length);
  const codes = new Uint32Array(length);
  let at = 0;
  const put = (example: number, category: number, flags: number): void => {
    examples[at] = example;
    codes[at++] = 4 * category + flags;
  };
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i]!;
    const decision = decisions[i]!;
    if (multilabel) {
      const flags = target * TRUE + decision * DECIDED;
      if (flags !== 0) put(Math.floor(i / categories), i % categories, flags);
    } else if (target === decision) put(i, target, TRUE + DECIDED);
    else {
      put(i, target, TRUE);
      put(i, decision, DECIDED);
    }
  }
  return { count, categories, examples, codes };
}

/** @param scratch 4 × categories */
export function tallyOf(
  { categories, examples, codes }: Memberships,
  weights: Weights,
  scratch = new Float64Array(4 * categories),
): Tally {
  scratch.fill(0);
  for (let e = 0; e < codes.length; e++) {
    const code = codes[e]!;
    scratch[code] = scratch[code]! + (weights === undefined ? 1 : weights[examples[e]!]!);
  }
  const hits = new Float64Array(categories);
  const support = new Float64Array(categories);
  const decided = new Float64Array(categories);
  for (let c = 0; c < categories; c++) {
    hits[c] = scratch[4 * c + TRUE + DECIDED]!;
    support[c] = scratch[4 * c + TRUE]! + hits[c]!;
    decided[c] = scratch[4 * c + DECIDED]! + hits[c]!;
  }
  return { hits, support, decided };
}

export const isTrue = (code: number): boolean => (code & TRUE) !== 0;
export const isDecided = (code: number): boolean => (code & DECIDED) !== 0;
export const categoryOf = (code: number): number => code >>> 2;
export const withoutCategory = (code: number): number => code & 3;
