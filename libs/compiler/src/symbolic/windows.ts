import { elementAt } from '@ciphernet/foundation';
import { type Call, expectThat, integersOf, numberOf, textOf } from './call.js';
import { refuse } from './refusal.js';
import { forEachIndex, sizeOfDims, stridesOf } from './value.js';

/** How a kernel slides over the spatial dimensions of its input; all lists have one entry a dimension. */
export interface Sliding {
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly output: readonly number[];
}

/** What one output position reads: positions of the input and taps of the kernel, both row-major, ascending. */
export interface Window {
  readonly positions: readonly number[];
  readonly taps: readonly number[];
}

/** A list attribute of one positive number a dimension. */
export function perDimension(call: Call, name: string, rank: number, least = 1): readonly number[] | undefined {
  const list = integersOf(call, name);
  if (list === undefined || list.length === 0) return undefined;
  expectThat(list.length === rank && list.every((n) => Number.isSafeInteger(n) && n >= least && n < 2 ** 31), name);
  return list;
}

/** Reads strides, dilations and padding of a convolution or pooling. */
export function slidingOf(call: Call, input: readonly number[], kernel: readonly number[]): Sliding {
  const rank = input.length;
  const ones = input.map(() => 1);
  const strides = perDimension(call, 'strides', rank) ?? ones;
  const dilations = perDimension(call, 'dilations', rank) ?? ones;
  const extent = kernel.map((size, i) => (size - 1) * elementAt(dilations, i) + 1);
  const auto = textOf(call, 'auto_pad', 'NOTSET');
  const pads = integersOf(call, 'pads') ?? new Array<number>(2 * rank).fill(0);
  expectThat(pads.length === 2 * rank && pads.every((n) => Number.isSafeInteger(n) && n >= 0 && n < 2 ** 31), 'pads');
  let before = pads.slice(0, rank);
  let after = pads.slice(rank);
  if (auto === 'VALID') {
    before = input.map(() => 0);
    after = input.map(() => 0);
  } else if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const totals = input.map((size, i) => {
      const stride = elementAt(strides, i);
      return Math.max(0, (Math.ceil(size / stride) - 1) * stride + elementAt(extent, i) - size);
    });
    const small = totals.map((total) => Math.floor(total / 2));
    const large = totals.map((total) => Math.ceil(total / 2));
    before = auto === 'SAME_UPPER' ? small : large;
    after = auto === 'SAME_UPPER' ? large : small;
  } else if (auto !== 'NOTSET') refuse(`auto_pad '${auto}'`, 'export the model with explicit pads');
  const round = numberOf(call, 'ceil_mode', 0) === 0 ? Math.floor : Math.ceil;
  const output = input.map((size, i) => {
    const stride = elementAt(strides, i);
    const free = size + elementAt(before, i) + elementAt(after, i) - elementAt(extent, i);
    const positions = round(free / stride) + 1;
    // Rounding up must not add a window that would start behind the input.
    const last = (positions - 1) * stride;
    return round === Math.ceil && last >= size + elementAt(before, i) ? positions - 1 : positions;
  });
  expectThat(
    output.every((size) => size >= 1),
    `a kernel of ${kernel.join('×')} on ${input.join('×')}`,
  );
  return { input, kernel, strides, dilations, before, after, output };
}

/** Windows of all output positions, row-major. Call it only after the number of taps has been bounded. */
export function windowsOf(sliding: Sliding): Window[] {
  const { input, kernel, strides, dilations, before } = sliding;
  const inner = stridesOf(input);
  const windows: Window[] = [];
  forEachIndex(sliding.output, (index) => {
    const origin = index.map((position, d) => position * elementAt(strides, d) - elementAt(before, d));
    const positions: number[] = [];
    const taps: number[] = [];
    forEachIndex(kernel, (tap, at) => {
      let source = 0;
      for (let d = 0; d < input.length; d++) {
        const x = elementAt(origin, d) + elementAt(tap, d) * elementAt(dilations, d);
        if (x < 0 || x >= elementAt(input, d)) return;
        source += x * elementAt(inner, d);
      }
      positions.push(source);
      taps.push(at);
    });
    windows.push({ positions, taps });
  });
  return windows;
}

export function tapsOf(sliding: Sliding): number {
  return sizeOfDims(sliding.output) * sizeOfDims(sliding.kernel);
}
