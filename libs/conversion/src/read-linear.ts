import { elementAt } from '@ciphernet/foundation';
import type { Constant } from './constants.js';
import type { Pads } from './graph.js';
import {
  type Call,
  type Data,
  type Reader,
  constantInput,
  dataInput,
  expectImage,
  flatShape,
  numberOf,
  numbersOf,
  optionalConstant,
  perChannel,
  textOf,
} from './reading.js';
import { refuse } from './refusal.js';

/** Window positions along one axis between zeros (ONNX, Conv: output shape, without ceil_mode). */
export function positionsOf(length: number, window: number, stride: number, before: number, after: number): number {
  const positions = Math.floor((length + before + after - window) / stride) + 1;
  if (positions >= 1) return positions;
  return refuse(`a window of ${window} on ${length} values`, 'the model is damaged; export it again');
}

/** Explicit padding of a window, whichever way the node says it. */
export function padsOf(
  call: Call,
  size: readonly [number, number],
  kernel: readonly [number, number],
  stride: readonly [number, number],
): Pads {
  const auto = textOf(call, 'auto_pad', 'NOTSET');
  if (auto === 'NOTSET' || auto === 'VALID') {
    const [top = 0, left = 0, bottom = 0, right = 0] = (auto === 'VALID' ? undefined : numbersOf(call, 'pads')) ?? [];
    if (Math.min(top, left, bottom, right) < 0) refuse('padding that takes values away', 'use a Slice before training');
    return [top, left, bottom, right];
  }
  const totals = [0, 1].map((axis) => {
    const [length, window, step] = [elementAt(size, axis), elementAt(kernel, axis), elementAt(stride, axis)];
    return Math.max(0, (Math.ceil(length / step) - 1) * step + window - length);
  });
  const round = auto === 'SAME_LOWER' ? Math.ceil : Math.floor;
  const [top = 0, left = 0] = totals.map((total) => round(total / 2));
  return [top, left, (totals[0] ?? 0) - top, (totals[1] ?? 0) - left];
}

/** Two numbers, height and width, of an attribute. */
export function pairOf(call: Call, name: string, fallback: readonly [number, number]): readonly [number, number] {
  const list = numbersOf(call, name);
  if (list === undefined || list.length === 0) return fallback;
  const [height, width, third] = list;
  if (height !== undefined && width !== undefined && third === undefined) return [height, width];
  return refuse(`${name} of ${list.length} dimensions`, 'convolutions and pooling over two dimensions are converted');
}

/** ONNX's filters × inputs × height × width to TensorFlow's height × width × inputs × filters. */
function kernelOf({ dims, values }: Constant): Float32Array {
  const [filters = 0, inputs = 0, height = 0, width = 0] = dims;
  const kernel = new Float32Array(values.length);
  for (let f = 0, at = 0; f < filters; f++) {
    for (let c = 0; c < inputs; c++) {
      for (let tap = 0; tap < height * width; tap++) kernel[(tap * inputs + c) * filters + f] = values[at++] ?? 0;
    }
  }
  return kernel;
}

function biasOf(bias: Constant | undefined, units: number, factor = 1): Float32Array {
  if (bias === undefined) return new Float32Array(units);
  const { values } = bias;
  if (values.length !== 1 && values.length !== units)
    refuse(`a bias of ${values.length} for ${units} outputs`, 'export the model again');
  return Float32Array.from({ length: units }, (_, i) => factor * elementAt(values, values.length === 1 ? 0 : i));
}

const convolve: Reader = (call) => {
  const value = dataInput(call);
  const shape = expectImage(call, value);
  const weights = constantInput(call, 1, 'kernel');
  const [filters = 0, inputs = 0, height = 0, width = 0] = weights.dims;
  if (numberOf(call, 'group', 1) !== 1) {
    refuse('a convolution in groups', 'use full convolutions: under encryption a group saves little');
  }
  if (pairOf(call, 'dilations', [1, 1]).some((rate) => rate !== 1))
    refuse('a dilated convolution', 'use a stride in its place');
  if (weights.dims.length !== 4 || inputs !== shape.channels) {
    refuse(
      `weights of ${weights.dims.join('×')} on ${shape.channels} channels`,
      'the model is damaged; export it again',
    );
  }
  const kernel = [height, width] as const;
  const stride = pairOf(call, 'strides', [1, 1]);
  const pads = padsOf(call, [shape.height, shape.width], kernel, stride);
  const rows = positionsOf(shape.height, height, stride[0], pads[0], pads[2]);
  const columns = positionsOf(shape.width, width, stride[1], pads[1], pads[3]);
  const bias = biasOf(optionalConstant(call, 2, 'bias'), filters);
  const node = call.builder.append(
    call.node,
    { kind: 'conv2d', filters, kernel, stride, pads, weights: kernelOf(weights), bias, isBiased: true },
    [value.node],
    { height: rows, width: columns, channels: filters, isFlat: false },
  );
  return { kind: 'data', node, dims: [filters, rows, columns], order: 'planes' };
};

function dense(call: Call, value: Data, units: number, weights: Float32Array, bias: Float32Array): Data {
  const inputs = call.builder.at(value).shape.channels;
  if (value.dims.length !== 1 || weights.length !== inputs * units) {
    refuse(
      `a matrix of ${weights.length} weights on values of ${value.dims.join('×')}`,
      'put a Flatten before dense layers',
    );
  }
  const node = call.builder.append(
    call.node,
    { kind: 'dense', units, weights, bias, isBiased: true },
    [value.node],
    flatShape(units),
  );
  return { kind: 'data', node, dims: [units], order: 'rows' };
}

/** A matrix of inputs × outputs, from either way round. */
function matrixOf(
  { dims, values }: Constant,
  isTransposed: boolean,
  factor = 1,
): { readonly units: number; readonly weights: Float32Array } {
  const [rows = 0, columns = 0, third] = dims;
  if (dims.length !== 2 || third !== undefined) refuse(`weights of ${dims.join('×')}`, 'dense layers have a matrix');
  const [inputs, units] = isTransposed ? [columns, rows] : [rows, columns];
  const weights = new Float32Array(values.length);
  for (let i = 0; i < inputs; i++) {
    for (let u = 0; u < units; u++) {
      weights[i * units + u] = factor * elementAt(values, isTransposed ? u * inputs + i : i * units + u);
    }
  }
  return { units, weights };
}

const gemm: Reader = (call) => {
  const value = dataInput(call);
  if (numberOf(call, 'transA', 0) !== 0) refuse('it multiplies the transposed examples', 'export the model again');
  const isTransposed = numberOf(call, 'transB', 0) !== 0;
  const { units, weights } = matrixOf(constantInput(call, 1, 'matrix'), isTransposed, numberOf(call, 'alpha', 1));
  return dense(
    call,
    value,
    units,
    weights,
    biasOf(optionalConstant(call, 2, 'bias'), units, numberOf(call, 'beta', 1)),
  );
};

const multiplyMatrix: Reader = (call) => {
  const { units, weights } = matrixOf(constantInput(call, 1, 'matrix'), false);
  return dense(call, dataInput(call), units, weights, new Float32Array(units));
};

/** x · factor + offset of each channel. */
export function affine(call: Call, value: Data, factor: Float32Array, offset: Float32Array): Data {
  const { shape } = call.builder.at(value);
  const node = call.builder.append(call.node, { kind: 'affine', factor, offset }, [value.node], shape);
  const before = value.elementwise ?? { base: value.node, functionOf: () => (x: number) => x };
  const functionOf = (channel: number): ((x: number) => number) => {
    const inner = before.functionOf(channel);
    const [f, o] = [elementAt(factor, channel), elementAt(offset, channel)];
    return (x) => inner(x) * f + o;
  };
  return { ...value, node, elementwise: { base: before.base, functionOf } };
}

const normalise: Reader = (call) => {
  const value = dataInput(call);
  if (numberOf(call, 'training_mode', 0) !== 0)
    refuse('it normalises by the batch', 'export the model in evaluation mode');
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((i) =>
    perChannel(call, statistic(call, i, value), value),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const epsilon = numberOf(call, 'epsilon', 1e-5);
  const factor = scale.map((s, c) => s / Math.sqrt(elementAt(variance, c) + epsilon));
  return affine(
    call,
    value,
    factor,
    shift.map((s, c) => s - elementAt(mean, c) * elementAt(factor, c)),
  );
};

/** Statistics are a list, whose only dimension is the channels' wherever those are. */
function statistic(call: Call, index: number, value: Data): Constant {
  const constant = constantInput(call, index, 'statistics');
  const isImage = value.dims.length === 3 && value.order === 'planes';
  return isImage ? { ...constant, dims: [constant.values.length, 1, 1] } : constant;
}

export const LINEAR: Readonly<Record<string, Reader>> = {
  Conv: convolve,
  Gemm: gemm,
  MatMul: multiplyMatrix,
  BatchNormalization: normalise,
};
