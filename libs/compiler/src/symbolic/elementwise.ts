import { elementAt } from '@ciphernet/foundation';
import { type Operator, constantInput, expectThat, inputOf } from './call.js';
import { addData, multiplyRows, squareData } from './levels.js';
import type { Levels } from './levels.js';
import { refuse } from './refusal.js';
import { scaleRow } from './rows.js';
import { type Constant, type Data, type Value, boundedSize, constant, forEachIndex, pick, stridesOf } from './value.js';

/** The common shape of several, by ONNX's (numpy's) multidirectional broadcasting. */
export function broadcastDims(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((dims) => dims.length));
  return Array.from({ length: rank }, (_, i) => {
    let size = 1;
    for (const dims of shapes) {
      const own = dims[i - rank + dims.length] ?? 1;
      expectThat(own === 1 || size === 1 || own === size, `shapes ${shapes.map((s) => s.join('×')).join(' and ')}`);
      if (own !== 1) size = own;
    }
    return size;
  });
}

/** The value repeated to a larger shape. */
export function broadcast(value: Value, dims: readonly number[]): Value {
  if (value.dims.length === dims.length && value.dims.every((size, i) => size === dims[i])) return value;
  const size = boundedSize(dims, value.kind);
  const lead = dims.length - value.dims.length;
  const own = stridesOf(value.dims);
  const strides = dims.map((_, i) => (i < lead || value.dims[i - lead] === 1 ? 0 : (own[i - lead] ?? 0)));
  const sources = new Int32Array(size);
  forEachIndex(dims, (index, at) => {
    sources[at] = index.reduce((sum, position, i) => sum + position * (strides[i] ?? 0), 0);
  });
  return pick(value, dims, sources);
}

/** Applies a function to constants, elementwise, after broadcasting. */
export function foldAll(
  values: readonly Constant[],
  apply: (...args: number[]) => number,
  isInteger: boolean,
): Constant {
  const dims = broadcastDims(values.map((value) => value.dims));
  const spread = values.map((value) => broadcast(value, dims) as Constant);
  const size = boundedSize(dims);
  const results = new Float64Array(size);
  for (let i = 0; i < size; i++) results[i] = apply(...spread.map((value) => value.values[i] ?? 0));
  return constant(dims, results, isInteger);
}

/** factor(i) · x + offset(i), elementwise. */
export function affineData(value: Data, factor: (i: number) => number, offset: (i: number) => number): Data {
  return { ...value, rows: value.rows.map((row, i) => scaleRow(row, factor(i), offset(i))) };
}

/** x + sign · y. */
export function addValues(levels: Levels, x: Value, y: Value, sign: 1 | -1): Value {
  if (x.kind === 'constant' && y.kind === 'constant') {
    return foldAll([x, y], (a, b) => a + sign * b, x.isInteger && y.isInteger);
  }
  const dims = broadcastDims([x.dims, y.dims]);
  const left = broadcast(x, dims);
  const right = broadcast(y, dims);
  if (left.kind === 'constant') {
    if (right.kind === 'constant') return left;
    return affineData(
      right,
      () => sign,
      (i) => left.values[i] ?? 0,
    );
  }
  if (right.kind === 'constant') {
    return affineData(
      left,
      () => 1,
      (i) => sign * (right.values[i] ?? 0),
    );
  }
  return { kind: 'data', dims, ...addData(levels, left, right, sign) };
}

/** x · y. */
export function multiplyValues(levels: Levels, x: Value, y: Value): Value {
  if (x.kind === 'constant' && y.kind === 'constant') {
    return foldAll([x, y], (a, b) => a * b, x.isInteger && y.isInteger);
  }
  if (x === y && x.kind === 'data') return squareData(levels, x);
  const dims = broadcastDims([x.dims, y.dims]);
  const left = broadcast(x, dims);
  const right = broadcast(y, dims);
  if (left.kind === 'data' && right.kind === 'data') {
    return { kind: 'data', dims, ...multiplyRows(levels, left, right) };
  }
  const [data, factor] = left.kind === 'data' ? [left, right as Constant] : [right as Data, left];
  return affineData(
    data,
    (i) => factor.values[i] ?? 0,
    () => 0,
  );
}

const add: Operator = (call) => [addValues(call.levels, inputOf(call, 0), inputOf(call, 1), 1)];
const subtract: Operator = (call) => [addValues(call.levels, inputOf(call, 0), inputOf(call, 1), -1)];
const multiply: Operator = (call) => [multiplyValues(call.levels, inputOf(call, 0), inputOf(call, 1))];

const divide: Operator = (call) => {
  const x = inputOf(call, 0);
  const y = inputOf(call, 1);
  if (y.kind === 'data') return refuse('divides by data', 'train with batch normalisation');
  if (x.kind === 'constant') {
    const isInteger = x.isInteger && y.isInteger;
    return [foldAll([x, y], (a, b) => (isInteger ? Math.trunc(a / b) : a / b), isInteger)];
  }
  expectThat(
    Array.from(y.values).every((value) => value !== 0),
    'it divides by zero',
  );
  return [
    multiplyValues(
      call.levels,
      x,
      foldAll([y], (b) => 1 / b, false),
    ),
  ];
};

/** Powers that two squares reach: the fourth is a square of a square. */
const HIGHEST_POWER = 4;

const power: Operator = (call) => {
  const x = inputOf(call, 0);
  const y = constantInput(call, 1, 'exponent');
  if (x.kind === 'constant') return [foldAll([x, y], (a, b) => a ** b, x.isInteger)];
  const exponent = y.values[0] ?? NaN;
  const isUsable = Number.isInteger(exponent) && exponent >= 1 && exponent <= HIGHEST_POWER;
  if (!isUsable || Array.from(y.values).some((value) => value !== exponent)) {
    return refuse(
      `a power of ${exponent}: not a polynomial of small degree`,
      `use one whole exponent of 1 to ${HIGHEST_POWER}`,
    );
  }
  const base = broadcast(x, broadcastDims([x.dims, y.dims]));
  if (exponent === 1) return [base];
  const square = multiplyValues(call.levels, base, base);
  if (exponent === 2) return [square];
  return [multiplyValues(call.levels, square, exponent === 3 ? base : square)];
};

const negate: Operator = (call) => [multiplyValues(call.levels, inputOf(call, 0), constant([], [-1], true))];

function sumOf(levels: Levels, values: readonly (Value | undefined)[]): Value {
  const given = values.filter((value) => value !== undefined);
  expectThat(given.length > 0, 'no input');
  return given.slice(1).reduce((sum, value) => addValues(levels, sum, value, 1), elementAt(given, 0));
}

const sum: Operator = (call) => [sumOf(call.levels, call.inputs)];

const mean: Operator = (call) => [
  multiplyValues(call.levels, sumOf(call.levels, call.inputs), constant([], [1 / call.inputs.length])),
];

export const ELEMENTWISE: Readonly<Record<string, Operator>> = {
  Add: add,
  Sub: subtract,
  Mul: multiply,
  Div: divide,
  Pow: power,
  Neg: negate,
  Sum: sum,
  Mean: mean,
};
