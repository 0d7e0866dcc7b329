import { elementAt } from '@ciphernet/foundation';
import { constantOf } from './constants.js';
import {
  type Call,
  type Data,
  type Reader,
  constantInput,
  dataInput,
  expectImage,
  flatShape,
  imageShape,
  listOf,
  numberOf,
  numbersOf,
  sizeOfDims,
  textOf,
} from './reading.js';
import { refuse } from './refusal.js';

/** The same values under other dimensions (without the batch). */
function reshaped(call: Call, value: Data, dims: readonly number[]): Data {
  const { builder, node } = call;
  const { shape } = builder.at(value);
  const size = sizeOfDims(value.dims);
  if (sizeOfDims(dims) !== size) refuse(`${size} values in shape ${dims.join('×')}`, 'the batch has to stay as it is');
  if (shape.isFlat && dims.length !== 3) return { ...value, dims };
  if (!shape.isFlat && dims.join() === value.dims.join()) return value;
  if (shape.isFlat) {
    const image = imageShape(dims, 'planes');
    const made = builder.append(node, { kind: 'unflatten', channelsFirst: true }, [value.node], image);
    return { kind: 'data', node: made, dims, order: 'planes' };
  }
  if (dims.length === 3 && size !== shape.channels) {
    refuse(`an image of ${value.dims.join('×')} in shape ${dims.join('×')}`, 'flatten it once, before dense layers');
  }
  const channelsFirst = value.order === 'planes';
  const flat = builder.append(node, { kind: 'flatten', channelsFirst }, [value.node], flatShape(size));
  const flattened: Data = { kind: 'data', node: flat, dims: [size], order: 'rows' };
  return dims.length === 3 ? reshaped(call, flattened, dims) : { ...flattened, dims };
}

const flatten: Reader = (call) => {
  const value = dataInput(call);
  const axis = numberOf(call, 'axis', 1);
  if (axis !== 1 && axis !== -value.dims.length)
    refuse(`it flattens from axis ${axis}`, 'flatten everything but the batch');
  return reshaped(call, value, [sizeOfDims(value.dims)]);
};

const reshape: Reader = (call) => {
  const value = dataInput(call);
  const wanted = Array.from(constantInput(call, 1, 'shape').values);
  const before = [1, ...value.dims];
  const dims = wanted.map((size, i) => (size === 0 ? (before[i] ?? 1) : size));
  const known = sizeOfDims(dims.filter((size) => size > 0));
  const [batch, ...rest] = dims.map((size) => (size < 0 ? sizeOfDims(before) / known : size));
  if (batch !== 1) refuse(`a shape of ${wanted.join('×')}`, 'the first dimension has to stay the batch');
  return reshaped(call, value, rest);
};

const squeeze: Reader = (call) => {
  const value = dataInput(call);
  const axes = (listOf(call, 'axes', 1) ?? []).map((axis) => (axis < 0 ? axis + value.dims.length + 1 : axis));
  const dims = value.dims.filter((size, i) => (axes.length === 0 ? size !== 1 : !axes.includes(i + 1)));
  return reshaped(call, value, dims);
};

const transpose: Reader = (call) => {
  const value = dataInput(call);
  const permutation = (numbersOf(call, 'perm') ?? []).join();
  const identity = [0, ...value.dims.map((_, i) => i + 1)].join();
  const isImage = !call.builder.at(value).shape.isFlat;
  const [a = 1, b = 1, c = 1] = value.dims;
  if (permutation === identity) return value;
  if (isImage && value.order === 'planes' && permutation === '0,2,3,1')
    return { ...value, dims: [b, c, a], order: 'rows' };
  if (isImage && value.order === 'rows' && permutation === '0,3,1,2')
    return { ...value, dims: [c, a, b], order: 'planes' };
  return refuse(`it transposes by ${permutation}`, 'between channels first and channels last it is converted');
};

const concat: Reader = (call) => {
  const values = call.inputs.map((_, i) => dataInput(call, i));
  const first = elementAt(values, 0);
  const axis = numberOf(call, 'axis', 1);
  const rank = first.dims.length + 1;
  const channelAxis = first.order === 'planes' || first.dims.length === 1 ? 1 : rank - 1;
  const isAlike = values.every(({ dims, order }) => order === first.order && dims.length === first.dims.length);
  if (
    (axis < 0 ? axis + rank : axis) !== channelAxis ||
    !isAlike ||
    (first.dims.length !== 1 && first.dims.length !== 3)
  ) {
    refuse(`it joins along axis ${axis} of ${rank}`, 'along channels it is converted');
  }
  const channels = values.reduce((total, value) => total + call.builder.at(value).shape.channels, 0);
  const shape = { ...call.builder.at(first).shape, channels };
  const node = call.builder.append(
    call.node,
    { kind: 'concat' },
    values.map((value) => value.node),
    shape,
  );
  return {
    kind: 'data',
    node,
    dims: first.dims.map((size, i) => (i === channelAxis - 1 ? channels : size)),
    order: first.order,
  };
};

const pad: Reader = (call) => {
  const value = dataInput(call);
  const list = listOf(call, 'pads', 1) ?? [];
  const fill = call.inputs[2]?.kind === 'constant' ? (call.inputs[2].values[0] ?? 0) : numberOf(call, 'value', 0);
  if (list.every((n) => n === 0)) return value;
  const { channels, height, width } = expectImage(call, value);
  const [n = 0, c = 0, top = 0, left = 0, n2 = 0, c2 = 0, bottom = 0, right = 0] = list;
  const isAround = [n, c, n2, c2].every((size) => size === 0) && list.every((size) => size >= 0);
  if (!isAround || textOf(call, 'mode', 'constant') !== 'constant' || fill !== 0) {
    refuse('padding with anything but zeros around an image', 'use zeros, or convolutions without padding');
  }
  const [rows, columns] = [height + top + bottom, width + left + right];
  const shape = { height: rows, width: columns, channels, isFlat: false };
  const node = call.builder.append(call.node, { kind: 'pad', pads: [top, left, bottom, right] }, [value.node], shape);
  return { kind: 'data', node, dims: [channels, rows, columns], order: 'planes' };
};

const pass: Reader = (call) => dataInput(call);

const shape: Reader = (call) => {
  const { dims } = dataInput(call);
  return constantOf([dims.length + 1], [1, ...dims]);
};

export const MOVEMENT: Readonly<Record<string, Reader>> = {
  Flatten: flatten,
  Reshape: reshape,
  Squeeze: squeeze,
  Unsqueeze: (call) => refuse(`a new dimension for ${dataInput(call).dims.join('×')}`, 'flatten before dense layers'),
  Transpose: transpose,
  Concat: concat,
  Pad: pad,
  Identity: pass,
  Cast: pass,
  Dropout: pass,
  Shape: shape,
};
