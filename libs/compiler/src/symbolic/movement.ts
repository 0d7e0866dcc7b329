import { elementAt } from '@ciphernet/foundation';
import {
  type Call,
  type Operator,
  axisOf,
  constantInput,
  expectThat,
  inputOf,
  integersOf,
  numberOf,
  requiredIntegers,
} from './call.js';
import { broadcast, broadcastDims } from './elementwise.js';
import { liftTo } from './levels.js';
import {
  type Constant,
  type Value,
  boundedSize,
  constant,
  forEachIndex,
  pick,
  sizeOfDims,
  stridesOf,
  toData,
} from './value.js';

/** Another shape for the same elements. */
export function reshape(value: Value, dims: readonly number[]): Value {
  expectThat(
    dims.every((size) => Number.isSafeInteger(size) && size >= 0) && sizeOfDims(dims) === sizeOfDims(value.dims),
    `${value.dims.join('×')} values in shape ${dims.join('×')}`,
  );
  return { ...value, dims };
}

/** A result whose every element is the input's element at the given coordinates; undefined for `fill`. */
export function gatherBy(
  value: Value,
  dims: readonly number[],
  source: (index: readonly number[]) => number,
  fill = 0,
): Value {
  const sources = new Int32Array(boundedSize(dims, value.kind));
  forEachIndex(dims, (index, at) => {
    sources[at] = source(index);
  });
  return pick(value, dims, sources, fill);
}

const reshapeNode: Operator = (call) => {
  const value = inputOf(call, 0);
  const wanted = requiredIntegers(call, 'shape', 1);
  const copies = numberOf(call, 'allowzero', 0) === 0;
  const dims = wanted.map((size, i) => (size === 0 && copies ? (value.dims[i] ?? -2) : size));
  const rest = dims.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  expectThat(dims.filter((size) => size === -1).length <= 1, `shape ${wanted.join('×')}`);
  return [
    reshape(
      value,
      dims.map((size) => (size === -1 ? sizeOfDims(value.dims) / rest : size)),
    ),
  ];
};

const flatten: Operator = (call) => {
  const value = inputOf(call, 0);
  const axis = numberOf(call, 'axis', 1);
  const at = axis === value.dims.length ? axis : axisOf(axis, value.dims.length);
  return [reshape(value, [sizeOfDims(value.dims.slice(0, at)), sizeOfDims(value.dims.slice(at))])];
};

const squeeze: Operator = (call) => {
  const value = inputOf(call, 0);
  const axes = integersOf(call, 'axes', 1)?.map((axis) => axisOf(axis, value.dims.length));
  // Without axes it would drop the batch as well where that is 1, as it is here.
  const drops = (size: number, i: number): boolean => (axes === undefined ? size === 1 && i > 0 : axes.includes(i));
  return [
    reshape(
      value,
      value.dims.filter((size, i) => !drops(size, i)),
    ),
  ];
};

const unsqueeze: Operator = (call) => {
  const value = inputOf(call, 0);
  const given = requiredIntegers(call, 'axes', 1);
  const rank = value.dims.length + given.length;
  const axes = new Set(given.map((axis) => axisOf(axis, rank)));
  expectThat(axes.size === given.length, 'an axis is there twice');
  const rest = [...value.dims];
  return [
    reshape(
      value,
      Array.from({ length: rank }, (_, i) => (axes.has(i) ? 1 : (rest.shift() ?? 1))),
    ),
  ];
};

export function transpose(value: Value, permutation: readonly number[]): Value {
  const { dims } = value;
  expectThat(
    permutation.length === dims.length &&
      new Set(permutation.map((axis) => axisOf(axis, dims.length))).size === dims.length,
    `permutation ${permutation.join()} of ${dims.length} dimensions`,
  );
  const strides = stridesOf(dims);
  const moved = permutation.map((axis) => elementAt(strides, axis));
  return gatherBy(
    value,
    permutation.map((axis) => elementAt(dims, axis)),
    (index) => index.reduce((sum, position, i) => sum + position * (moved[i] ?? 0), 0),
  );
}

const transposeNode: Operator = (call) => {
  const value = inputOf(call, 0);
  const reversed = value.dims.map((_, i) => value.dims.length - 1 - i);
  return [transpose(value, integersOf(call, 'perm') ?? reversed)];
};

/** The part `start`, `start + step`, … of one axis. */
function sliceAxis(value: Value, axis: number, start: number, count: number, step: number): Value {
  const strides = stridesOf(value.dims);
  const along = elementAt(strides, axis);
  const dims = value.dims.map((size, i) => (i === axis ? count : size));
  return gatherBy(value, dims, (index) =>
    index.reduce(
      (sum, position, i) => sum + (i === axis ? (start + position * step) * along : position * (strides[i] ?? 0)),
      0,
    ),
  );
}

const slice: Operator = (call) => {
  let value = inputOf(call, 0);
  const starts = requiredIntegers(call, 'starts', 1);
  const ends = requiredIntegers(call, 'ends', 2);
  const axes = integersOf(call, 'axes', 3) ?? starts.map((_, i) => i);
  const steps = integersOf(call, 'steps', 4) ?? starts.map(() => 1);
  expectThat(
    ends.length === starts.length && axes.length === starts.length && steps.length === starts.length,
    'bounds',
  );
  starts.forEach((given, i) => {
    const axis = axisOf(elementAt(axes, i), value.dims.length);
    const size = elementAt(value.dims, axis);
    const step = elementAt(steps, i);
    expectThat(Number.isInteger(step) && step !== 0, 'a step of 0');
    const clamp = (bound: number): number => {
      const positive = bound < 0 ? bound + size : bound;
      return step > 0 ? Math.min(Math.max(positive, 0), size) : Math.min(Math.max(positive, -1), size - 1);
    };
    const start = clamp(given);
    // −1 as the end of a backward slice is the last element; only a far negative one is "before the first".
    const count = Math.max(0, Math.ceil((clamp(elementAt(ends, i)) - start) / step));
    if (start !== 0 || step !== 1 || count !== size) value = sliceAxis(value, axis, start, count, step);
  });
  return [value];
};

const split: Operator = (call) => {
  const value = inputOf(call, 0);
  const axis = axisOf(numberOf(call, 'axis', 0), value.dims.length);
  const size = elementAt(value.dims, axis);
  const parts = numberOf(call, 'num_outputs', call.node.outputs.length);
  expectThat(Number.isInteger(parts) && parts >= 1 && parts <= Math.max(1, call.node.outputs.length), 'num_outputs');
  const even = Math.ceil(size / parts);
  const sizes =
    integersOf(call, 'split', 1) ??
    Array.from({ length: parts }, (_, i) => Math.min(even, Math.max(0, size - i * even)));
  expectThat(
    sizes.every((part) => part >= 0) && sizes.reduce((sum, part) => sum + part, 0) === size,
    `${size} values in parts of ${sizes.join()}`,
  );
  let start = 0;
  return sizes.map((part) => {
    const piece = sliceAxis(value, axis, start, part, 1);
    start += part;
    return piece;
  });
};

/** Puts values behind each other along an axis; those of before a square are carried over it. */
export function concatenate(call: Call, values: readonly Value[], axis: number): Value {
  const first = elementAt(values, 0);
  const dims = first.dims.map((size, i) =>
    i === axis ? values.reduce((sum, value) => sum + elementAt(value.dims, axis), 0) : size,
  );
  expectThat(
    values.every(
      (value) => value.dims.length === dims.length && value.dims.every((s, i) => i === axis || s === dims[i]),
    ),
    `shapes ${values.map((value) => value.dims.join('×')).join(' and ')}`,
  );
  boundedSize(dims);
  const inner = sizeOfDims(dims.slice(axis + 1));
  const outer = sizeOfDims(dims.slice(0, axis));
  const join = <T>(lists: readonly ArrayLike<T>[], empty: T): T[] => {
    const joined: T[] = [];
    for (let o = 0; o < outer; o++) {
      lists.forEach((list, n) => {
        const length = elementAt(elementAt(values, n).dims, axis) * inner;
        for (let i = 0; i < length; i++) joined.push(list[o * length + i] ?? empty);
      });
    }
    return joined;
  };
  const constants = values.filter((value): value is Constant => value.kind === 'constant');
  if (constants.length === values.length) {
    const all = join(
      constants.map((value) => value.values),
      0,
    );
    return constant(
      dims,
      all,
      constants.every((value) => value.isInteger),
    );
  }
  const level = Math.max(...values.map((value) => (value.kind === 'data' ? value.level : 0)));
  const rows = values.map((value) => liftTo(call.levels, toData(value, level), level).rows);
  return { kind: 'data', dims, level, rows: join(rows, { inputs: [], values: [], bias: 0 }) };
}

const concat: Operator = (call) => {
  const values = call.inputs.filter((value) => value !== undefined);
  expectThat(values.length > 0, 'no input');
  const axis = axisOf(numberOf(call, 'axis', 1), elementAt(values, 0).dims.length);
  return [concatenate(call, values, axis)];
};

const gather: Operator = (call) => {
  const value = inputOf(call, 0);
  const indices = constantInput(call, 1, 'index');
  const axis = axisOf(numberOf(call, 'axis', 0), value.dims.length);
  const size = elementAt(value.dims, axis);
  const strides = stridesOf(value.dims);
  const before = value.dims.slice(0, axis);
  const after = value.dims.slice(axis + 1);
  const inner = sizeOfDims(after);
  const chosen = Array.from(indices.values, (index) => (index < 0 ? index + size : index));
  expectThat(
    chosen.every((index) => Number.isInteger(index) && index >= 0 && index < size),
    `an index beyond ${size}`,
  );
  const dims = [...before, ...indices.dims, ...after];
  const count = boundedSize(dims, value.kind);
  const sources = new Int32Array(count);
  for (let at = 0; at < count; at++) {
    const block = Math.floor(at / inner);
    const index = elementAt(chosen, block % chosen.length);
    sources[at] = Math.floor(block / chosen.length) * (size * inner) + index * elementAt(strides, axis) + (at % inner);
  }
  return [pick(value, dims, sources)];
};

const expand: Operator = (call) => {
  const value = inputOf(call, 0);
  return [broadcast(value, broadcastDims([value.dims, requiredIntegers(call, 'shape', 1)]))];
};

const tile: Operator = (call) => {
  const value = inputOf(call, 0);
  const repeats = requiredIntegers(call, 'repeats', 1);
  expectThat(repeats.length === value.dims.length && repeats.every((times) => times >= 0), 'repeats');
  const strides = stridesOf(value.dims);
  const dims = value.dims.map((size, i) => size * elementAt(repeats, i));
  return [
    gatherBy(value, dims, (index) =>
      index.reduce((sum, position, i) => sum + (position % elementAt(value.dims, i)) * elementAt(strides, i), 0),
    ),
  ];
};

export const MOVEMENT: Readonly<Record<string, Operator>> = {
  Reshape: reshapeNode,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transposeNode,
  Slice: slice,
  Split: split,
  Concat: concat,
  Gather: gather,
  Expand: expand,
  Tile: tile,
};
