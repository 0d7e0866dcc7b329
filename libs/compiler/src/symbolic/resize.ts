import { elementAt } from '@ciphernet/foundation';
import type { AffineRow } from '../affine.js';
import {
  type Operator,
  applyRows,
  assertTerms,
  expectThat,
  inputOf,
  integersOf,
  numbersOf,
  optionalConstant,
  textOf,
} from './call.js';
import { refuse } from './refusal.js';
import { forEachIndex, sizeOfDims, stridesOf } from './value.js';

/** Positions of one axis that a result's position is a weighted mean of. */
interface Mix {
  readonly positions: readonly number[];
  readonly weights: readonly number[];
}

/** Where a position of the result lies in the input (ONNX, Resize, coordinate_transformation_mode). */
function sourceOf(mode: string, x: number, scale: number, from: number, to: number): number {
  switch (mode) {
    case 'half_pixel':
      return (x + 0.5) / scale - 0.5;
    case 'pytorch_half_pixel':
      return to > 1 ? (x + 0.5) / scale - 0.5 : 0;
    case 'align_corners':
      return to === 1 ? 0 : (x * (from - 1)) / (to - 1);
    case 'asymmetric':
      return x / scale;
    default:
      return refuse(`coordinate_transformation_mode '${mode}'`, 'use half_pixel, align_corners or asymmetric');
  }
}

function nearest(mode: string, x: number): number {
  switch (mode) {
    case 'round_prefer_floor':
      return Math.ceil(x - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5);
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
    default:
      return refuse(`nearest_mode '${mode}'`, 'use round_prefer_floor, floor or ceil');
  }
}

function mixOf(source: number, from: number, rounding: string | undefined): Mix {
  const clamp = (x: number): number => Math.min(Math.max(x, 0), from - 1);
  if (rounding !== undefined) return { positions: [clamp(nearest(rounding, source))], weights: [1] };
  const low = Math.floor(source);
  const share = source - low;
  const [first, second] = [clamp(low), clamp(low + 1)];
  return first === second || share === 0
    ? { positions: [first], weights: [1] }
    : { positions: [first, second], weights: [1 - share, share] };
}

/** Resizing by fixed factors: nearest or linear in each dimension, a linear map. */
const resize: Operator = (call) => {
  const value = inputOf(call, 0);
  const { dims } = value;
  const isUpsample = call.node.operator === 'Upsample';
  const scalesAt = isUpsample || call.opset < 11 ? 1 : 2;
  const mode = textOf(call, 'mode', 'nearest');
  if (mode !== 'nearest' && mode !== 'linear') refuse(`resizing by mode '${mode}'`, 'use nearest or linear');
  if (integersOf(call, 'axes') !== undefined || textOf(call, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch') {
    refuse('resizing of some axes', 'give the sizes of all axes');
  }
  if (call.node.attributes.get('antialias')?.kind === 'number' && mode === 'linear') {
    const flag = call.node.attributes.get('antialias');
    if (flag?.kind === 'number' && flag.value !== 0) refuse('resizing with antialias', 'export it without antialias');
  }
  const attribute = numbersOf(call, 'scales');
  const given = attribute.length > 0 ? attribute : Array.from(optionalConstant(call, scalesAt, 'scales')?.values ?? []);
  const sizes = Array.from(optionalConstant(call, 3, 'sizes')?.values ?? []);
  expectThat(given.length === dims.length || sizes.length === dims.length, 'scales and sizes are missing');
  const output = dims.map((size, i) =>
    sizes.length > 0 ? elementAt(sizes, i) : Math.floor(size * elementAt(given, i)),
  );
  expectThat(
    output.every((size) => Number.isSafeInteger(size) && size >= 1),
    `shape ${output.join('×')}`,
  );
  const coordinates = textOf(call, 'coordinate_transformation_mode', 'half_pixel');
  const legacy = call.opset < 11 || isUpsample;
  const rounding = legacy ? 'floor' : textOf(call, 'nearest_mode', 'round_prefer_floor');
  assertTerms(sizeOfDims(output) * (mode === 'linear' ? 2 ** dims.length : 1), output);
  const mixes = dims.map((from, i) => {
    const to = elementAt(output, i);
    const scale = sizes.length > 0 ? to / from : elementAt(given, i);
    return Array.from({ length: to }, (_, x) => {
      if (to === from && scale === 1) return { positions: [x], weights: [1] };
      const source = sourceOf(legacy ? 'asymmetric' : coordinates, x, scale, from, to);
      return mixOf(source, from, mode === 'nearest' ? rounding : undefined);
    });
  });
  const strides = stridesOf(dims);
  const rows: AffineRow[] = new Array<AffineRow>(sizeOfDims(output));
  forEachIndex(output, (index, at) => {
    let inputs = [0];
    let values = [1];
    index.forEach((x, d) => {
      const { positions, weights } = elementAt(elementAt(mixes, d), x);
      const stride = elementAt(strides, d);
      inputs = inputs.flatMap((base) => positions.map((position) => base + position * stride));
      values = values.flatMap((factor) => weights.map((weight) => factor * weight));
    });
    rows[at] = { inputs, values, bias: 0 };
  });
  return [applyRows(call.levels, value, output, rows)];
};

export const RESIZING: Readonly<Record<string, Operator>> = { Resize: resize, Upsample: resize };
