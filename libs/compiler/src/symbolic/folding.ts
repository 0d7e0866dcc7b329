import { elementAt } from '@ciphernet/foundation';
import type { OnnxTensor } from '@ciphernet/formats';
import { type Operator, constantInput, expectThat, inputOf, numberOf } from './call.js';
import { broadcast, broadcastDims, foldAll } from './elementwise.js';
import { refuse, refuseOperator } from './refusal.js';
import { type Constant, type Value, boundedSize, constant, sizeOfDims, toData } from './value.js';

const INTEGERS: ReadonlySet<string> = new Set([
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
]);

/** A constant of a file; undefined for texts, which nothing computes with. */
export function constantOf(tensor: OnnxTensor): Constant | undefined {
  if (tensor.type === 'string') return undefined;
  return constant(tensor.dims, tensor.values, INTEGERS.has(tensor.type));
}

const constantNode: Operator = ({ node }) => {
  for (const [name, attribute] of node.attributes) {
    if (attribute.kind === 'tensor') return [constantOf(attribute.value)];
    if (attribute.kind === 'number') return [constant([], [attribute.value], name === 'value_int')];
    if (attribute.kind === 'numbers') {
      return [constant([attribute.value.length], attribute.value, name === 'value_ints')];
    }
    if (attribute.kind === 'text' || attribute.kind === 'texts') return [undefined];
  }
  return refuse('a sparse constant', 'export the model with dense weights');
};

const constantOfShape: Operator = (call) => {
  const dims = Array.from(constantInput(call, 0, 'shape').values);
  expectThat(
    dims.every((size) => Number.isSafeInteger(size) && size >= 0),
    `shape ${dims.join('×')}`,
  );
  const given = call.node.attributes.get('value');
  const tensor = given?.kind === 'tensor' ? given.value : undefined;
  const values = new Float64Array(boundedSize(dims)).fill(tensor?.values[0] ?? 0);
  return [constant(dims, values, tensor !== undefined && INTEGERS.has(tensor.type))];
};

/** The batch counts as one example: what is done to one is done to each. */
const shape: Operator = (call) => {
  const { dims } = inputOf(call, 0);
  const part = dims.slice(numberOf(call, 'start', 0), numberOf(call, 'end', dims.length));
  return [constant([part.length], part, true)];
};

const size: Operator = (call) => [constant([], [sizeOfDims(inputOf(call, 0).dims)], true)];

const range: Operator = (call) => {
  const bounds = [0, 1, 2].map((i) => constantInput(call, i, 'bound'));
  const [start = 0, limit = 0, step = 1] = bounds.map((bound) => bound.values[0]);
  const count = Math.max(0, Math.ceil((limit - start) / step));
  expectThat(Number.isFinite(count), 'a range without end');
  boundedSize([count]);
  const isInteger = elementAt(bounds, 0).isInteger;
  return [
    constant(
      [count],
      Float64Array.from({ length: count }, (_, i) => start + i * step),
      isInteger,
    ),
  ];
};

/** TensorProto.DataType of the types that keep a real number. */
const REAL_TYPES = [1, 10, 11, 16];

const cast: Operator = (call) => {
  const value = inputOf(call, 0);
  const to = call.node.operator === 'CastLike' ? 1 : numberOf(call, 'to', 1);
  const isReal = REAL_TYPES.includes(to);
  if (value.kind === 'data') {
    if (isReal) return [value];
    return refuse('rounds data to whole numbers', 'leave the cast out');
  }
  if (isReal) return [{ ...value, isInteger: false }];
  const BOOL = 9;
  return [foldAll([value], (x) => (to === BOOL ? Number(x !== 0) : Math.trunc(x)), true)];
};

/** With a constant condition it only picks. */
const where: Operator = (call) => {
  const condition = call.inputs[0];
  if (condition?.kind !== 'constant') return refuse('compares data', 'distil it into a network of squares');
  const x = inputOf(call, 1);
  const y = inputOf(call, 2);
  if (x.kind === 'constant' && y.kind === 'constant') {
    return [foldAll([condition, x, y], (c, a, b) => (c === 0 ? b : a), x.isInteger && y.isInteger)];
  }
  const dims = broadcastDims([condition.dims, x.dims, y.dims]);
  const level = x.kind === 'data' ? x.level : y.kind === 'data' ? y.level : 0;
  const left = toData(broadcast(x, dims), level);
  const right = toData(broadcast(y, dims), level);
  if (left.level !== right.level) return refuse('mixes values of before and behind a square', 'use one of them');
  const choice = broadcast(condition, dims) as Constant;
  return [
    { ...left, dims, rows: left.rows.map((row, i) => (choice.values[i] === 0 ? elementAt(right.rows, i) : row)) },
  ];
};

/** Functions that are computed where all inputs are constants, and refused on data. */
const FUNCTIONS: Readonly<Record<string, (...args: number[]) => number>> = {
  Abs: Math.abs,
  Sqrt: Math.sqrt,
  Exp: Math.exp,
  Log: Math.log,
  Reciprocal: (x = NaN) => 1 / x,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Sign: Math.sign,
  Relu: (x = NaN) => Math.max(0, x),
  Sigmoid: (x = NaN) => 1 / (1 + Math.exp(-x)),
  Tanh: Math.tanh,
  Max: Math.max,
  Min: Math.min,
};

/** The same for functions whose result is a truth value or a whole number. */
const TESTS: Readonly<Record<string, (...args: number[]) => number>> = {
  Not: (x) => Number(x === 0),
  Equal: (x, y) => Number(x === y),
  Greater: (x = NaN, y = NaN) => Number(x > y),
  GreaterOrEqual: (x = NaN, y = NaN) => Number(x >= y),
  Less: (x = NaN, y = NaN) => Number(x < y),
  LessOrEqual: (x = NaN, y = NaN) => Number(x <= y),
  And: (x, y) => Number(x !== 0 && y !== 0),
  Or: (x, y) => Number(x !== 0 || y !== 0),
};

function folded(operator: string, apply: (...args: number[]) => number, isTest: boolean): Operator {
  return ({ inputs }) => {
    const values: Value[] = inputs.filter((value) => value !== undefined);
    const constants = values.filter((value) => value.kind === 'constant');
    if (constants.length < values.length || constants.length === 0) return refuseOperator(operator);
    return [foldAll(constants, apply, isTest || constants.every((value) => value.isInteger))];
  };
}

const identity: Operator = (call) => [inputOf(call, 0)];

/** Random only in training; the mask of its second output is all ones then. */
const dropout: Operator = (call) => {
  const value = inputOf(call, 0);
  const training = call.inputs[2];
  if (training !== undefined && !(training.kind === 'constant' && training.values[0] === 0)) {
    refuse('drops values at random', 'export the model in evaluation mode');
  }
  const ones = new Float64Array(sizeOfDims(value.dims)).fill(1);
  return [value, constant(value.dims, ones, true)];
};

export const FOLDING: Readonly<Record<string, Operator>> = {
  Constant: constantNode,
  ConstantOfShape: constantOfShape,
  Shape: shape,
  Size: size,
  Range: range,
  Cast: cast,
  CastLike: cast,
  Where: where,
  Identity: identity,
  Dropout: dropout,
  ...Object.fromEntries(Object.entries(FUNCTIONS).map(([name, apply]) => [name, folded(name, apply, false)])),
  ...Object.fromEntries(Object.entries(TESTS).map(([name, apply]) => [name, folded(name, apply, true)])),
};
