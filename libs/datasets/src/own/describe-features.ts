import { InputError } from '@ciphernet/foundation';
import type { Preprocessing, TableFeature } from './preprocessing.js';
import type { ColumnProfile } from './profile.js';

/** Columns of so many different texts are no categories. */
const MOST_CATEGORIES = 64;
/** Deviations that a feature of size 1 stands for: few values are beyond, none of which is lost. */
const DEVIATIONS = 3;

/** A power of two that brings most values to ±1, and an offset that is an eighth of it: both exact in single precision. */
export function affineAround({ mean, deviation }: Pick<ColumnProfile, 'mean' | 'deviation'>): {
  readonly offset: number;
  readonly scale: number;
} {
  const spread = deviation > 0 ? DEVIATIONS * deviation : Math.max(Math.abs(mean), 1);
  const scale = 2 ** Math.ceil(Math.log2(spread));
  return { offset: (Math.round((8 * mean) / scale) * scale) / 8, scale };
}

function describe(column: ColumnProfile, where: string): TableFeature {
  const { name, isNumber, missing, distinct } = column;
  if (isNumber) {
    const { offset, scale } = affineAround(column);
    return { kind: 'number', column: name, offset, scale, ...(missing === 0 ? {} : { fill: offset }) };
  }
  if (distinct === undefined || distinct.length > MOST_CATEGORIES || distinct.length === 0) {
    const count = distinct === undefined ? 'hundreds of' : distinct.length === 0 ? 'no' : String(distinct.length);
    throw new InputError(`column ${JSON.stringify(name)} holds ${count} different texts: no feature is made of it`, {
      where,
      hint: 'ignore the column, or describe it in dataset.yaml',
    });
  }
  return { kind: 'category', column: name, categories: [...distinct], unknownIsZero: missing > 0 };
}

/**
 * Features of a table's columns, in their order: numbers brought to about ±1, texts as a feature a category. Their constants
 * are of the table that was looked at: one that may be public, or whose owner agrees.
 *
 * @param where names the table in errors
 * @throws InputError for a column of too many texts, and when no column is left
 */
export function describeFeatures(columns: readonly ColumnProfile[], where: string): Preprocessing {
  if (columns.length === 0) {
    throw new InputError('no column is left for features', { where, hint: 'ignore fewer columns' });
  }
  return { kind: 'table', features: columns.map((column) => describe(column, where)) };
}

/** Features of columns by the ranges that somebody states. @param range of every value */
export function statedFeatures(
  columns: readonly string[],
  range: { readonly from: number; readonly to: number },
): Preprocessing {
  const scale = 2 ** Math.ceil(Math.log2((range.to - range.from) / 2));
  const offset = (Math.round((4 * (range.from + range.to)) / scale) * scale) / 8;
  return { kind: 'table', features: columns.map((column) => ({ kind: 'number', column, offset, scale })) };
}
