import { InputError } from '@ciphernet/foundation';
import { fairCoinTest } from './binomial.js';

/** How often each of two models is right on the same examples, and whether the difference can be chance. */
export interface DecisionComparison {
  readonly bothRight: number;
  readonly onlyFirstRight: number;
  readonly onlySecondRight: number;
  readonly bothWrong: number;
  /** Exact two-sided p of McNemar's test: a binomial test of the two discordant counts against one half. */
  readonly p: number;
}

/**
 * McNemar's exact test (McNemar 1947) of two models' decisions.
 *
 * @param first, second as `decisionsOf` gives them
 * @param targets as many
 * @param each targets of one example: labels of a multilabel task, of which all have to be right
 * @throws InputError for unequal lengths or a part of an example
 */
export function compareDecisions(
  first: Int32Array,
  second: Int32Array,
  targets: ArrayLike<number>,
  each = 1,
): DecisionComparison {
  const { length } = targets;
  if (first.length !== length || second.length !== length || length === 0 || !Number.isInteger(length / each)) {
    throw new InputError(`${first.length} and ${second.length} decisions for ${length} targets, ${each} an example`, {
      where: 'decisions',
      hint: 'compare models on the same examples in the same order',
    });
  }
  const counts = [0, 0, 0, 0];
  for (let start = 0; start < length; start += each) {
    let [firstRight, secondRight] = [1, 1];
    for (let at = start; at < start + each; at++) {
      if (first[at] !== targets[at]) firstRight = 0;
      if (second[at] !== targets[at]) secondRight = 0;
    }
    counts[2 * firstRight + secondRight]! += 1;
  }
  const [bothWrong, onlySecondRight, onlyFirstRight, bothRight] = counts as [number, number, number, number];
  return {
    bothRight,
    onlyFirstRight,
    onlySecondRight,
    bothWrong,
    p: fairCoinTest(onlyFirstRight, onlyFirstRight + onlySecondRight),
  };
}
