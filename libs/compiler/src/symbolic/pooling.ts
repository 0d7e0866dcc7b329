import { elementAt } from '@ciphernet/foundation';
import type { AffineRow } from '../affine.js';
import {
  type Operator,
  applyRows,
  assertTerms,
  axisOf,
  constantInput,
  expectThat,
  inputOf,
  integersOf,
  numberOf,
} from './call.js';
import { affineData, foldAll } from './elementwise.js';
import { squareData } from './levels.js';
import { refuse, refuseOperator } from './refusal.js';
import { type Constant, type Value, constant, forEachIndex, sizeOfDims, stridesOf } from './value.js';
import { perDimension, slidingOf, tapsOf, windowsOf } from './windows.js';

/** Taps of one position along one dimension that lie inside the padded input: what count_include_pad counts. */
function tapsInside(
  position: number,
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
  before: number,
  after: number,
): number {
  let count = 0;
  for (let tap = 0; tap < kernel; tap++) {
    if (position * stride + tap * dilation - before < size + after) count++;
  }
  return count;
}

const averagePool: Operator = (call) => {
  const value = inputOf(call, 0);
  const [batch = 0, channels = 0, ...input] = value.dims;
  const kernel = perDimension(call, 'kernel_shape', input.length);
  expectThat(input.length >= 1 && kernel !== undefined, 'kernel_shape');
  const sliding = slidingOf(call, input, kernel);
  expectThat(batch >= 1 && channels >= 1, 'no channels');
  assertTerms(batch * channels * tapsOf(sliding), [batch, channels, ...sliding.output]);
  const countsPadding = numberOf(call, 'count_include_pad', 0) !== 0;
  const windows = windowsOf(sliding);
  const divisors = windows.map(({ positions }) => positions.length);
  if (countsPadding) {
    forEachIndex(sliding.output, (index, at) => {
      divisors[at] = index.reduce(
        (product, position, d) =>
          product *
          tapsInside(
            position,
            elementAt(input, d),
            elementAt(kernel, d),
            elementAt(sliding.strides, d),
            elementAt(sliding.dilations, d),
            elementAt(sliding.before, d),
            elementAt(sliding.after, d),
          ),
        1,
      );
    });
  }
  const area = sizeOfDims(input);
  const rows: AffineRow[] = [];
  for (let plane = 0; plane < batch * channels; plane++) {
    windows.forEach(({ positions }, at) => {
      const weight = 1 / elementAt(divisors, at);
      rows.push({ inputs: positions.map((p) => plane * area + p), values: positions.map(() => weight), bias: 0 });
    });
  }
  return [applyRows(call.levels, value, [batch, channels, ...sliding.output], rows)];
};

/** Which elements of the result each element is part of, after summing over some axes. */
function groupsOf(
  dims: readonly number[],
  axes: readonly number[],
): { readonly size: number; readonly targets: Int32Array } {
  const kept = dims.map((size, i) => (axes.includes(i) ? 1 : size));
  const strides = stridesOf(kept).map((stride, i) => (axes.includes(i) ? 0 : stride));
  const targets = new Int32Array(sizeOfDims(dims));
  forEachIndex(dims, (index, at) => {
    targets[at] = index.reduce((sum, position, i) => sum + position * elementAt(strides, i), 0);
  });
  return { size: sizeOfDims(kept), targets };
}

function resultDims(dims: readonly number[], axes: readonly number[], keeps: boolean): number[] {
  return keeps ? dims.map((size, i) => (axes.includes(i) ? 1 : size)) : dims.filter((_, i) => !axes.includes(i));
}

/** Sums over axes, each times `weight`. */
function sumOver(
  call: Parameters<Operator>[0],
  value: Value,
  axes: readonly number[],
  keeps: boolean,
  weight: number,
): Value {
  if (value.kind === 'data' && axes.includes(0) && value.dims[0] === 1 && value.dims.length > 1) {
    refuse('sums over the examples of a batch', 'leave the first axis out of it');
  }
  const { size, targets } = groupsOf(value.dims, axes);
  const inputs = Array.from({ length: size }, (): number[] => []);
  targets.forEach((target, at) => elementAt(inputs, target).push(at));
  const rows = inputs.map((list) => ({ inputs: list, values: list.map(() => weight), bias: 0 }));
  return applyRows(call.levels, value, resultDims(value.dims, axes, keeps), rows);
}

const globalAverage: Operator = (call) => {
  const value = inputOf(call, 0);
  expectThat(value.dims.length >= 3, `shape ${value.dims.join('×')}`);
  const axes = value.dims.flatMap((_, i) => (i >= 2 ? [i] : []));
  return [sumOver(call, value, axes, true, 1 / sizeOfDims(value.dims.slice(2)))];
};

type Reduction = 'sum' | 'mean' | 'sumSquare' | 'max' | 'min' | 'prod';

/** Reductions of constants that are no sums: shapes are computed with them. */
const FOLDS: Readonly<Record<'max' | 'min' | 'prod', (a: number, b: number) => number>> = {
  max: Math.max,
  min: Math.min,
  prod: (a, b) => a * b,
};

function reduction(kind: Reduction): Operator {
  return (call) => {
    const value = inputOf(call, 0);
    const given = integersOf(call, 'axes', 1);
    if ((given === undefined || given.length === 0) && numberOf(call, 'noop_with_empty_axes', 0) !== 0) return [value];
    const rank = value.dims.length;
    const axes =
      given === undefined || given.length === 0 ? value.dims.map((_, i) => i) : given.map((axis) => axisOf(axis, rank));
    const keeps = numberOf(call, 'keepdims', 1) !== 0;
    const count = axes.reduce((product, axis) => product * elementAt(value.dims, axis), 1);
    if (kind === 'sum') return [sumOver(call, value, axes, keeps, 1)];
    if (kind === 'mean') return [sumOver(call, value, axes, keeps, 1 / count)];
    if (kind === 'sumSquare') {
      const squared =
        value.kind === 'data' ? squareData(call.levels, value) : foldAll([value], (x) => x * x, value.isInteger);
      return [sumOver(call, squared, axes, keeps, 1)];
    }
    if (value.kind === 'data') return refuseOperator(call.node.operator);
    return [foldOver(value, axes, keeps, FOLDS[kind])];
  };
}

function foldOver(
  value: Constant,
  axes: readonly number[],
  keeps: boolean,
  fold: (a: number, b: number) => number,
): Constant {
  const { size, targets } = groupsOf(value.dims, axes);
  const results = new Float64Array(size).fill(NaN);
  targets.forEach((target, at) => {
    const x = value.values[at] ?? 0;
    const before = results[target] ?? NaN;
    results[target] = Number.isNaN(before) ? x : fold(before, x);
  });
  return constant(resultDims(value.dims, axes, keeps), results, value.isInteger);
}

/** (x − mean) / √(variance + epsilon) · scale + shift, a channel each. */
const batchNormalise: Operator = (call) => {
  const value = inputOf(call, 0);
  if (numberOf(call, 'training_mode', 0) !== 0 || numberOf(call, 'spatial', 1) === 0) {
    refuse('normalises by the batch', 'export the model in evaluation mode');
  }
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((i) => constantInput(call, i, 'statistics'));
  const epsilon = numberOf(call, 'epsilon', 1e-5);
  const channels = value.dims[1] ?? 1;
  const factor = Float64Array.from(
    { length: channels },
    (_, c) => (scale?.values[c] ?? NaN) / Math.sqrt((variance?.values[c] ?? NaN) + epsilon),
  );
  const offset = factor.map((f, c) => (shift?.values[c] ?? NaN) - (mean?.values[c] ?? NaN) * f);
  const area = sizeOfDims(value.dims.slice(2));
  const channelOf = (i: number): number => Math.floor(i / area) % channels;
  const data = value.kind === 'data' ? value : refuse('a constant is normalised', 'export the model again', 'input');
  return [
    affineData(
      data,
      (i) => elementAt(factor, channelOf(i)),
      (i) => elementAt(offset, channelOf(i)),
    ),
  ];
};

export const POOLING: Readonly<Record<string, Operator>> = {
  AveragePool: averagePool,
  GlobalAveragePool: globalAverage,
  ReduceSum: reduction('sum'),
  ReduceMean: reduction('mean'),
  ReduceSumSquare: reduction('sumSquare'),
  ReduceMax: reduction('max'),
  ReduceMin: reduction('min'),
  ReduceProd: reduction('prod'),
  BatchNormalization: batchNormalise,
};
