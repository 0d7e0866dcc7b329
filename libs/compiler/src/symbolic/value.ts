import type { AffineRow } from '../affine.js';
import { refuse } from './refusal.js';

/** A tensor that depends on no input, row-major. */
export interface Constant {
  readonly kind: 'constant';
  readonly dims: readonly number[];
  readonly values: ArrayLike<number>;
  /** Integers and truth values divide and cast otherwise than floating point. */
  readonly isInteger: boolean;
}

/**
 * A tensor that depends on the input, row-major: each element is an affine function of the variables of its level.
 * Level 0's variables are the input's values, level n's the squares of the units of level n − 1. A row without inputs is
 * a constant element.
 */
export interface Data {
  readonly kind: 'data';
  readonly dims: readonly number[];
  readonly level: number;
  readonly rows: readonly AffineRow[];
}

export type Value = Constant | Data;

/** Elements of a constant on the way: bounds the memory of what is moved, repeated and folded. */
const MOST_ELEMENTS = 2 ** 24;
/** Elements of a tensor of data on the way, each of which is a row. */
const MOST_ROWS = 2 ** 20;

export function sizeOfDims(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

/** The number of elements. @throws Refusal before memory is taken for more than any network of sense has */
export function boundedSize(dims: readonly number[], kind: Value['kind'] = 'constant'): number {
  const size = sizeOfDims(dims);
  const most = kind === 'data' ? MOST_ROWS : MOST_ELEMENTS;
  if (size <= most) return size;
  return refuse(
    `a tensor of shape ${dims.join('×')}`,
    `at most ${most} values can be followed; use a smaller input or fewer channels`,
  );
}

/** How far apart neighbours of each dimension lie. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let i = dims.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] ?? 1) * (dims[i + 1] ?? 1);
  return strides;
}

export function constant(dims: readonly number[], values: ArrayLike<number>, isInteger = false): Constant {
  return { kind: 'constant', dims, values, isInteger };
}

export function constantRow(bias: number): AffineRow {
  return { inputs: [], values: [], bias };
}

/** A constant as a tensor of rows, for operators that mix both. */
export function toData(value: Value, level: number): Data {
  if (value.kind === 'data') return value;
  boundedSize(value.dims, 'data');
  return { kind: 'data', dims: value.dims, level, rows: Array.from(value.values, constantRow) };
}

/**
 * A tensor of picked elements: what every operator does that only moves values.
 *
 * @param sources for each element of the result, where it stands in `value`; −1 for `fill`
 */
export function pick(value: Value, dims: readonly number[], sources: ArrayLike<number>, fill = 0): Value {
  if (value.kind === 'constant') {
    const values = new Float64Array(sources.length);
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i] ?? 0;
      values[i] = source < 0 ? fill : (value.values[source] ?? 0);
    }
    return { ...value, dims, values };
  }
  boundedSize(dims, 'data');
  const empty = constantRow(fill);
  const rows = Array.from({ length: sources.length }, (_, i) => value.rows[sources[i] ?? -1] ?? empty);
  return { ...value, dims, rows };
}

/** True when the tensor is the same for every input, though it was computed from it (a product with zero). */
export function isConstant(value: Value): boolean {
  return value.kind === 'constant' || value.rows.every((row) => row.inputs.length === 0);
}

/** Calls `visit` with the coordinates of each element, in order; the array is reused. */
export function forEachIndex(dims: readonly number[], visit: (index: readonly number[], at: number) => void): void {
  const size = boundedSize(dims);
  const index = new Array<number>(dims.length).fill(0);
  for (let at = 0; at < size; at++) {
    visit(index, at);
    for (let d = dims.length - 1; d >= 0; d--) {
      const next = (index[d] ?? 0) + 1;
      if (next < (dims[d] ?? 1)) {
        index[d] = next;
        break;
      }
      index[d] = 0;
    }
  }
}
