import { elementAt } from '@ciphernet/foundation';
import type { AffineRow } from '../affine.js';
import {
  type Call,
  type Operator,
  applyRows,
  assertTerms,
  expectThat,
  inputOf,
  numberOf,
  numbersOf,
  textOf,
} from './call.js';
import { affineData, foldAll } from './elementwise.js';
import { concatenate, gatherBy } from './movement.js';
import { refuse } from './refusal.js';
import { classCount } from './support-vectors.js';
import { type Constant, type Value, constant, sizeOfDims } from './value.js';

/** (x − offset) · scale, a feature each. */
const scaler: Operator = (call) => {
  const value = inputOf(call, 0);
  const offset = numbersOf(call, 'offset');
  const scale = numbersOf(call, 'scale');
  const features = elementAt(value.dims, value.dims.length - 1);
  expectThat(
    [1, features].includes(offset.length) && [1, features].includes(scale.length),
    `${offset.length} offsets and ${scale.length} scales for ${features} features`,
  );
  const of = (list: readonly number[], i: number): number => elementAt(list, list.length === 1 ? 0 : i % features);
  if (value.kind === 'constant') {
    const shape: readonly number[] = [features];
    const spread = (list: readonly number[]): Constant =>
      constant(
        shape,
        Array.from({ length: features }, (_, i) => of(list, i)),
      );
    return [foldAll([value, spread(offset), spread(scale)], (x = NaN, o = 0, s = 1) => (x - o) * s, false)];
  }
  return [
    affineData(
      value,
      (i) => of(scale, i),
      (i) => -of(offset, i) * of(scale, i),
    ),
  ];
};

/** One affine row a target or class; coefficients are rows × features. */
function rowsOf(call: Call, value: Value, count: number): AffineRow[] {
  const coefficients = numbersOf(call, 'coefficients');
  const intercepts = numbersOf(call, 'intercepts');
  const features = sizeOfDims(value.dims);
  expectThat(
    coefficients.length === count * features && (intercepts.length === 0 || intercepts.length === count),
    `${coefficients.length} coefficients and ${intercepts.length} intercepts for ${count} × ${features}`,
  );
  assertTerms(coefficients.length, [count]);
  const inputs = Array.from({ length: features }, (_, i) => i);
  return Array.from({ length: count }, (_, r) => ({
    inputs,
    values: coefficients.slice(r * features, (r + 1) * features),
    bias: intercepts[r] ?? 0,
  }));
}

const linearRegressor: Operator = (call) => {
  const value = inputOf(call, 0);
  const targets = numberOf(call, 'targets', 1);
  if (textOf(call, 'post_transform', 'NONE') !== 'NONE' && !call.isHead) {
    refuse('divides by data', 'use its plain values');
  }
  return [applyRows(call.levels, value, [1, targets], rowsOf(call, value, targets))];
};

/** True when the second of two rows is exactly the negated first: one logit says the same. */
function isNegated(rows: readonly AffineRow[]): boolean {
  const [first, second] = rows;
  if (rows.length !== 2 || first === undefined || second === undefined) return false;
  return first.bias === -second.bias && first.values.every((value, i) => value === -(second.values[i] ?? NaN));
}

const linearClassifier: Operator = (call) => {
  const value = inputOf(call, 0);
  const classes = classCount(call);
  const transform = textOf(call, 'post_transform', 'NONE');
  const count = numbersOf(call, 'coefficients').length / Math.max(1, sizeOfDims(value.dims));
  if (!call.isHead && (transform !== 'NONE' || count !== classes)) {
    return refuse('probabilities inside of a model: divides by data', 'use the last classifier alone');
  }
  expectThat(count === classes || (count === 1 && classes === 2), `coefficients for ${count} of ${classes} classes`);
  const rows = rowsOf(call, value, count);
  // Two logits of softmax are not one of a sigmoid: their difference is twice the second.
  const kept = call.isHead && transform !== 'SOFTMAX' && isNegated(rows) ? rows.slice(1) : rows;
  return [undefined, applyRows(call.levels, value, [1, kept.length], kept)];
};

/** Features of a table side by side. */
const featureVectorizer: Operator = (call) => {
  const values = call.inputs.filter((value) => value !== undefined);
  expectThat(values.length > 0, 'no input');
  return [values.length === 1 ? elementAt(values, 0) : concatenate(call, values, 1)];
};

/** Chosen features of the last axis. */
const arrayFeatureExtractor: Operator = (call) => {
  const value = inputOf(call, 0);
  const indices = inputOf(call, 1);
  if (indices.kind === 'data') return refuse('compares or exponentiates data', 'distil it into a network of squares');
  const features = elementAt(value.dims, value.dims.length - 1);
  const chosen = Array.from(indices.values);
  expectThat(
    chosen.every((index) => Number.isInteger(index) && index >= 0 && index < features),
    `an index beyond ${features}`,
  );
  const dims = [...value.dims.slice(0, -1), chosen.length];
  const lead = dims.length === 1 ? [1, chosen.length] : dims;
  return [
    gatherBy(value, lead, (index) => {
      let outer = 0;
      for (let d = 0; d < lead.length - 1; d++) outer = outer * elementAt(lead, d) + elementAt(index, d);
      return outer * features + elementAt(chosen, elementAt(index, lead.length - 1));
    }),
  ];
};

/** Data have no missing values when they come here: readers of tables refuse them. */
const imputer: Operator = (call) => [inputOf(call, 0)];

export const ESTIMATORS: Readonly<Record<string, Operator>> = {
  Scaler: scaler,
  LinearRegressor: linearRegressor,
  LinearClassifier: linearClassifier,
  FeatureVectorizer: featureVectorizer,
  ArrayFeatureExtractor: arrayFeatureExtractor,
  Imputer: imputer,
};
