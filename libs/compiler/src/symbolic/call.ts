import { elementAt } from '@ciphernet/foundation';
import type { OnnxAttribute, OnnxNode } from '@ciphernet/formats';
import { type AffineMap, type AffineRow, compose } from '../affine.js';
import { type Levels, variablesOf } from './levels.js';
import { Refusal, refuse } from './refusal.js';
import { type Constant, type Value, boundedSize, constant } from './value.js';

/** One operator with what it reads. */
export interface Call {
  readonly node: OnnxNode;
  readonly opset: number;
  /** Undefined where an optional input is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly levels: Levels;
  /** True when the probabilities that it makes at its end are left to the reader of the scores. */
  readonly isHead: boolean;
}

/** Computes an operator's outputs, in their order; undefined for one that cannot be followed, such as a label. */
export type Operator = (call: Call) => readonly (Value | undefined)[];

function malformed(what: string): never {
  return refuse(what, "the model does not follow the operator's definition; export it again", 'input');
}

export function inputOf(call: Call, index: number): Value {
  return call.inputs[index] ?? malformed(`input ${index} is missing`);
}

/** An input that must be the same for every example. */
export function constantInput(call: Call, index: number, name: string): Constant {
  const value = inputOf(call, index);
  if (value.kind === 'constant') return value;
  return refuse(`its ${name} depends on the data`, `export the model with a fixed ${name}`);
}

export function optionalConstant(call: Call, index: number, name: string): Constant | undefined {
  return call.inputs[index] === undefined ? undefined : constantInput(call, index, name);
}

/** Integers of an attribute, or of the input that later versions have in its place; undefined when neither is there. */
export function integersOf(call: Call, name: string, index?: number): readonly number[] | undefined {
  const attribute = call.node.attributes.get(name);
  if (attribute?.kind === 'numbers') return attribute.value;
  if (attribute?.kind === 'number') return [attribute.value];
  if (index === undefined) return undefined;
  const value = optionalConstant(call, index, name);
  return value === undefined ? undefined : Array.from(value.values);
}

function attributeOf<K extends OnnxAttribute['kind']>(
  call: Call,
  name: string,
  kind: K,
): Extract<OnnxAttribute, { kind: K }> | undefined {
  const attribute = call.node.attributes.get(name);
  if (attribute === undefined) return undefined;
  if (attribute.kind === kind) return attribute as Extract<OnnxAttribute, { kind: K }>;
  return malformed(`attribute ${name} is no ${kind}`);
}

export function numberOf(call: Call, name: string, fallback: number): number {
  return attributeOf(call, name, 'number')?.value ?? fallback;
}

export function textOf(call: Call, name: string, fallback: string): string {
  return attributeOf(call, name, 'text')?.value ?? fallback;
}

export function numbersOf(call: Call, name: string): readonly number[] {
  return attributeOf(call, name, 'numbers')?.value ?? [];
}

export function textsOf(call: Call, name: string): readonly string[] {
  return attributeOf(call, name, 'texts')?.value ?? [];
}

/** An axis from 0; negative ones count from the end. */
export function axisOf(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(positive) && positive >= 0 && positive < rank) return positive;
  throw new Refusal(`axis ${axis} of ${rank} dimensions`, 'the model is damaged; export it again', 'input');
}

/** Throws an InputError of the node unless `holds`. */
export function expectThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Refusal(what, 'the model is damaged; export it again', 'input');
}

/** Terms that one operator may make. */
const MOST_TERMS = 2 ** 24;

/** Refuses a linear map before memory is taken for its terms, or for the rows of its result of shape `dims`. */
export function assertTerms(terms: number, dims: readonly number[]): void {
  boundedSize(dims, 'data');
  if (terms <= MOST_TERMS) return;
  refuse(
    `a linear map of ${terms.toExponential(1)} products`,
    `at most ${MOST_TERMS} can be followed; use a smaller input, fewer channels or a larger stride`,
  );
}

/** A linear operator: `rows` say what each element of the result is of the elements of `value`. */
export function applyRows(levels: Levels, value: Value, dims: readonly number[], rows: readonly AffineRow[]): Value {
  if (value.kind === 'constant') {
    const results = Float64Array.from(rows, (row) =>
      row.inputs.reduce((sum, input, i) => sum + elementAt(row.values, i) * (value.values[input] ?? 0), row.bias),
    );
    return constant(dims, results, false);
  }
  const inner: AffineMap = { inputs: variablesOf(levels, value.level), rows: value.rows };
  return { ...value, dims, rows: compose({ inputs: value.rows.length, rows }, inner).rows };
}

/** {@link integersOf} of what must be there, such as a permutation. */
export function requiredIntegers(call: Call, name: string, index?: number): readonly number[] {
  return integersOf(call, name, index) ?? malformed(`${name} is missing`);
}
