import { elementAt } from '@ciphernet/foundation';
import type { AffineRow } from '../affine.js';
import {
  type Call,
  type Operator,
  applyRows,
  assertTerms,
  constantInput,
  expectThat,
  inputOf,
  integersOf,
  numberOf,
  optionalConstant,
  textOf,
} from './call.js';
import { refuse } from './refusal.js';
import { forEachIndex, sizeOfDims, stridesOf } from './value.js';
import { perDimension, slidingOf, tapsOf, windowsOf } from './windows.js';

/** Bias of an output channel. */
function biasOf(call: Call, channels: number): (channel: number) => number {
  const bias = optionalConstant(call, 2, 'bias');
  expectThat(bias === undefined || sizeOfDims(bias.dims) === channels, `a bias for ${channels} channels`);
  return (channel) => bias?.values[channel] ?? 0;
}

/** Convolution of any number of spatial dimensions, by groups; weights are outputs × inputs of a group × kernel. */
const convolve: Operator = (call) => {
  const value = inputOf(call, 0);
  const weights = constantInput(call, 1, 'kernel');
  const [batch = 0, channels = 0, ...input] = value.dims;
  const [filters = 0, depth = 0, ...kernel] = weights.dims;
  const groups = numberOf(call, 'group', 1);
  const fits = input.length >= 1 && kernel.length === input.length && depth * groups === channels && depth > 0;
  expectThat(
    fits && groups >= 1 && filters % groups === 0,
    `weights ${weights.dims.join('×')} on ${value.dims.join('×')}`,
  );
  const sliding = slidingOf(call, input, kernel);
  expectThat(batch >= 1 && filters >= 1, 'no channels');
  assertTerms(batch * filters * depth * tapsOf(sliding), [batch, filters, ...sliding.output]);
  const bias = biasOf(call, filters);
  const windows = windowsOf(sliding);
  const area = sizeOfDims(input);
  const taps = sizeOfDims(kernel);
  const rows: AffineRow[] = [];
  for (let n = 0; n < batch; n++) {
    for (let filter = 0; filter < filters; filter++) {
      const first = Math.floor(filter / (filters / groups)) * depth;
      for (const window of windows) {
        const inputs: number[] = [];
        const values: number[] = [];
        for (let c = 0; c < depth; c++) {
          const plane = (n * channels + first + c) * area;
          const kernelAt = (filter * depth + c) * taps;
          window.positions.forEach((position, i) => {
            inputs.push(plane + position);
            values.push(weights.values[kernelAt + (window.taps[i] ?? 0)] ?? 0);
          });
        }
        rows.push({ inputs, values, bias: bias(filter) });
      }
    }
  }
  return [applyRows(call.levels, value, [batch, filters, ...sliding.output], rows)];
};

/** Where each input position lands: output = input · stride + tap · dilation − before. */
interface Spreading {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly output: readonly number[];
}

/** Sizes of a transposed convolution, by ONNX's definition of output_padding, output_shape and auto_pad. */
function spreadingOf(call: Call, input: readonly number[], kernel: readonly number[]): Spreading {
  const rank = input.length;
  const zeros = input.map(() => 0);
  const ones = input.map(() => 1);
  const strides = perDimension(call, 'strides', rank) ?? ones;
  const dilations = perDimension(call, 'dilations', rank) ?? ones;
  const extra = perDimension(call, 'output_padding', rank, 0) ?? zeros;
  const auto = textOf(call, 'auto_pad', 'NOTSET');
  const full = input.map(
    (size, i) =>
      elementAt(strides, i) * (size - 1) +
      elementAt(extra, i) +
      (elementAt(kernel, i) - 1) * elementAt(dilations, i) +
      1,
  );
  const same = auto === 'SAME_UPPER' || auto === 'SAME_LOWER';
  if (!same && auto !== 'NOTSET' && auto !== 'VALID')
    refuse(`auto_pad '${auto}'`, 'export the model with explicit pads');
  const wanted =
    perDimension(call, 'output_shape', rank) ??
    (same ? input.map((size, i) => size * elementAt(strides, i)) : undefined);
  if (wanted !== undefined) {
    const totals = full.map((size, i) => Math.max(0, size - elementAt(wanted, i)));
    const before = totals.map((total) => (auto === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2)));
    return { strides, dilations, before, output: wanted };
  }
  const pads = (auto === 'VALID' ? undefined : integersOf(call, 'pads')) ?? [...zeros, ...zeros];
  expectThat(pads.length === 2 * rank && pads.every((n) => Number.isSafeInteger(n) && n >= 0), 'pads');
  const output = full.map((size, i) => size - elementAt(pads, i) - elementAt(pads, rank + i));
  expectThat(
    output.every((size) => size >= 1),
    `a result of ${output.join('×')}`,
  );
  return { strides, dilations, before: pads.slice(0, rank), output };
}

/** Weights are inputs × outputs of a group × kernel. */
const convolveTransposed: Operator = (call) => {
  const value = inputOf(call, 0);
  const weights = constantInput(call, 1, 'kernel');
  const [batch = 0, channels = 0, ...input] = value.dims;
  const [depth = 0, perGroup = 0, ...kernel] = weights.dims;
  const groups = numberOf(call, 'group', 1);
  const fits = input.length >= 1 && kernel.length === input.length && depth === channels;
  expectThat(
    fits && groups >= 1 && channels % groups === 0,
    `weights ${weights.dims.join('×')} on ${value.dims.join('×')}`,
  );
  const { strides, dilations, before, output } = spreadingOf(call, input, kernel);
  const filters = perGroup * groups;
  const area = sizeOfDims(input);
  const taps = sizeOfDims(kernel);
  const inGroup = channels / groups;
  expectThat(batch >= 1 && filters >= 1 && channels >= 1, 'no channels');
  assertTerms(batch * channels * perGroup * area * taps, [batch, filters, ...output]);
  // Of each output position: the input positions and taps that land there.
  const landing = Array.from({ length: sizeOfDims(output) }, () => ({
    positions: [] as number[],
    taps: [] as number[],
  }));
  const steps = stridesOf(output);
  forEachIndex(input, (index, position) => {
    forEachIndex(kernel, (tap, at) => {
      let target = 0;
      for (let d = 0; d < input.length; d++) {
        const y =
          elementAt(index, d) * elementAt(strides, d) +
          elementAt(tap, d) * elementAt(dilations, d) -
          elementAt(before, d);
        if (y < 0 || y >= elementAt(output, d)) return;
        target += y * elementAt(steps, d);
      }
      const window = elementAt(landing, target);
      window.positions.push(position);
      window.taps.push(at);
    });
  });
  const bias = biasOf(call, filters);
  const rows: AffineRow[] = [];
  for (let n = 0; n < batch; n++) {
    for (let filter = 0; filter < filters; filter++) {
      const first = Math.floor(filter / perGroup) * inGroup;
      for (const window of landing) {
        const inputs: number[] = [];
        const values: number[] = [];
        for (let c = first; c < first + inGroup; c++) {
          const kernelAt = (c * perGroup + (filter % perGroup)) * taps;
          window.positions.forEach((position, i) => {
            inputs.push((n * channels + c) * area + position);
            values.push(weights.values[kernelAt + (window.taps[i] ?? 0)] ?? 0);
          });
        }
        rows.push({ inputs, values, bias: bias(filter) });
      }
    }
  }
  return [applyRows(call.levels, value, [batch, filters, ...output], rows)];
};

export const CONVOLUTION: Readonly<Record<string, Operator>> = {
  Conv: convolve,
  ConvTranspose: convolveTransposed,
};
