import { InputError, UnsupportedError, elementAt } from '@ciphernet/foundation';
import type { AffineRow } from '../affine.js';
import { type Circuit, type LinearMap, toBlocks } from '../circuit.js';
import { type Levels, MOST_UNITS } from './levels.js';
import type { Data } from './value.js';

/** Weights that a compiled map can have. */
const MOST_WEIGHTS = 2 ** 24;

/** The variables that some row names, ascending. */
function usedBy(rows: readonly AffineRow[]): number[] {
  const used = new Set<number>();
  for (const row of rows) for (const input of row.inputs) used.add(input);
  return [...used].sort((a, b) => a - b);
}

/** Rows over renumbered variables. Rows that share a list of inputs go on sharing one. */
function renumber(rows: readonly AffineRow[], number: (variable: number) => number): AffineRow[] {
  const orders = new Map<string, { readonly order: readonly number[]; readonly inputs: readonly number[] }>();
  return rows.map(({ inputs, values, bias }) => {
    const key = inputs.join();
    let found = orders.get(key);
    if (found === undefined) {
      const targets = inputs.map(number);
      const order = [...targets.keys()].sort((a, b) => elementAt(targets, a) - elementAt(targets, b));
      found = { order, inputs: order.map((i) => elementAt(targets, i)) };
      orders.set(key, found);
    }
    return { inputs: found.inputs, values: found.order.map((i) => elementAt(values, i)), bias };
  });
}

/** Bounds of a compiled map. @throws UnsupportedError, InputError for weights that are no numbers */
function assertMap(rows: readonly AffineRow[], name: string): void {
  const weights = rows.reduce((sum, row) => sum + row.inputs.length, 0);
  if (weights > MOST_WEIGHTS || rows.length > MOST_UNITS) {
    throw new UnsupportedError(`a linear map of ${weights} weights and ${rows.length} outputs`, {
      where: name,
      hint: `at most ${MOST_WEIGHTS} and ${MOST_UNITS} can be evaluated; use a smaller input or fewer channels`,
    });
  }
  for (const row of rows) {
    if (Number.isFinite(row.bias) && row.values.every(Number.isFinite)) continue;
    throw new InputError('a weight is no finite number', { where: name, hint: 'the model has diverged in training' });
  }
}

/**
 * The circuit of what has been followed: squares that the scores do not need are dropped.
 *
 * @param scores the last value; at least one of its elements depends on the input
 * @param position where each input value of the graph stands in the circuit's input
 */
export function assemble(levels: Levels, scores: Data, position: (variable: number) => number, name: string): Circuit {
  const maps: LinearMap[] = [];
  let rows = scores.rows;
  for (let level = scores.level; level > 0; level--) {
    assertMap(rows, name);
    const used = usedBy(rows);
    const places = new Map(used.map((variable, i) => [variable, i]));
    const above = renumber(rows, (variable) => places.get(variable) ?? 0);
    maps.push(toBlocks({ inputs: used.length, rows: above }));
    rows = used.map((unit) => elementAt(levels.units[level - 1] ?? [], unit));
  }
  assertMap(rows, name);
  maps.push(toBlocks({ inputs: levels.inputs, rows: renumber(rows, position) }));
  return { name, maps: maps.reverse() };
}
