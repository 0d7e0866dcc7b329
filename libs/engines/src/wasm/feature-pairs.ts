import type { IntegerMap } from '@ciphernet/compiler';
import { elementAt } from '@ciphernet/foundation';
import { NO_ROW, type Pair } from './layout.js';

function rowOfPair(rowOf: ReadonlyMap<string, number>, key: string): number {
  const row = rowOf.get(key);
  if (row === undefined) throw new RangeError(`pair ${key} was not packed`);
  return row;
}

/** Which features share a lane, and which of those pairs each block reads. */
export interface PairChoice {
  /** All pairs that are packed, in memory order. */
  readonly pairs: readonly Pair[];
  /** Pair rows of each block, ascending: neighbours in memory are read in one run. */
  readonly choices: readonly (readonly number[])[];
}

/** Distance between the rows of a convolution's windows: the commonest jump between runs of features, 0 if none. */
function rowLength(map: IntegerMap): number {
  const counts = new Map<number, number>();
  for (const { inputs } of map.blocks) {
    if (inputs.length === 0) continue;
    let start = elementAt(inputs, 0);
    for (let i = 1; i < inputs.length; i++) {
      const input = elementAt(inputs, i);
      if (input === elementAt(inputs, i - 1) + 1) continue;
      counts.set(input - start, (counts.get(input - start) ?? 0) + 1);
      start = input;
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

/** Pairs up features that have no neighbour in the block; `offset` 1 leaves the first one alone. */
function pairUp(lone: readonly number[], offset: number): Pair[] {
  const pairs: Pair[] = lone.slice(0, offset).map((feature) => [feature, NO_ROW] as const);
  for (let i = offset; i < lone.length; i += 2) pairs.push([lone[i] ?? NO_ROW, lone[i + 1] ?? NO_ROW]);
  return pairs;
}

/**
 * Chooses which features share a lane. Even and odd neighbours do, wherever a block reads both. A window of odd width
 * leaves one column over; its features are paired among themselves, top to bottom, so that a 7×7 window takes 25
 * pair rows instead of 28. Pairs are shared between blocks where that is possible, and ordered column by column, so
 * that a window is a few long runs of memory.
 */
export function chooseFeaturePairs(map: IntegerMap): PairChoice {
  const known = new Map<string, Pair>();
  const key = ([a, b]: Pair): string => `${a},${b}`;
  const chosen = map.blocks.map((block) => {
    const inputs = new Set(block.inputs);
    const pairs: Pair[] = [];
    const lone: number[] = [];
    for (const input of block.inputs) {
      const even = input - (input & 1);
      if (!inputs.has(even) || !inputs.has(even + 1)) lone.push(input);
      else if (input === even) pairs.push([even, even + 1]);
    }
    // Two ways to pair what is left over: the one that takes fewer pairs, then the one that adds fewer new ones.
    const [best] = [pairUp(lone, 0), pairUp(lone, 1)]
      .map((way) => ({ way, added: way.filter((pair) => !known.has(key(pair))).length }))
      .sort((x, y) => x.way.length - y.way.length || x.added - y.added);
    if (best !== undefined) pairs.push(...best.way);
    // A block without inputs still has its bias to write.
    if (pairs.length === 0) pairs.push([0, NO_ROW]);
    for (const pair of pairs) known.set(key(pair), pair);
    return pairs;
  });
  const width = rowLength(map) || map.inputs;
  const order = ([a, b]: Pair): number[] => [b === a + 1 ? 0 : 1, (a % width) >> 1, Math.floor(a / width), a];
  const pairs = [...known.values()].sort((x, y) => {
    const [left, right] = [order(x), order(y)];
    const at = left.findIndex((value, i) => value !== right[i]);
    return at < 0 ? 0 : elementAt(left, at) - elementAt(right, at);
  });
  const rowOf = new Map(pairs.map((pair, row) => [key(pair), row]));
  const choices = chosen.map((own) => own.map((pair) => rowOfPair(rowOf, key(pair))).sort((a, b) => a - b));
  return { pairs, choices };
}
