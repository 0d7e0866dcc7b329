import type { Conv2dLayer, DenseLayer, Layer } from './layers.js';
import { type Shape, slide } from './shape.js';

/**
 * Images that are evaluated side by side, each value's lanes together: a weight is read once for all of them, and their sums wait for
 * each other's additions, not for their own.
 */
export const LANES = 4;

/** Units × columns, in double precision: a unit's weights lie side by side. */
function byUnit(weights: Float32Array, units: number): Float64Array {
  const columns = weights.length / units;
  const rows = new Float64Array(weights.length);
  for (let i = 0, at = 0; i < columns; i++) {
    for (let u = 0; u < units; u++) rows[u * columns + i] = weights[at++]!;
  }
  return rows;
}

/** What sums are made of: `count` columns of the weights, and the lanes of the value that stands at each. */
interface Gathered {
  readonly columns: Uint32Array;
  readonly values: Float64Array;
  count: number;
}

const gatheredOf = (most: number): Gathered => ({
  columns: new Uint32Array(most),
  values: new Float64Array(most * LANES),
  count: 0,
});

/** Adds the lanes of one value. */
function gather(gathered: Gathered, column: number, x: Float32Array, from: number): void {
  const { columns, values, count } = gathered;
  columns[count] = column;
  for (let lane = 0; lane < LANES; lane++) values[count * LANES + lane] = x[from + lane]!;
  gathered.count = count + 1;
}

/**
 * Bias and products of every unit, summed in double precision in the order of what was gathered.
 *
 * @param rows units × columns
 * @param y written from `at` on, units × LANES
 */
function sumUnits(rows: Float64Array, bias: Float32Array, gathered: Gathered, y: Float32Array, at: number): void {
  const units = bias.length;
  const width = rows.length / units;
  // The last of an odd number of units is summed twice.
  for (let u = 0; u < units; u += 2) twoUnits(rows, width, bias, u, Math.min(u + 1, units - 1), gathered, y, at);
}

function twoUnits(
  rows: Float64Array,
  width: number,
  bias: Float32Array,
  first: number,
  second: number,
  { columns, values, count }: Gathered,
  y: Float32Array,
  at: number,
): void {
  let a0 = bias[first]!;
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = bias[second]!;
  let b1 = b0;
  let b2 = b0;
  let b3 = b0;
  const a = first * width;
  const b = second * width;
  for (let i = 0, from = 0; i < count; i++, from += LANES) {
    const column = columns[i]!;
    const u = rows[a + column]!;
    const v = rows[b + column]!;
    const x0 = values[from]!;
    const x1 = values[from + 1]!;
    const x2 = values[from + 2]!;
    const x3 = values[from + 3]!;
    a0 += u * x0;
    a1 += u * x1;
    a2 += u * x2;
    a3 += u * x3;
    b0 += v * x0;
    b1 += v * x1;
    b2 += v * x2;
    b3 += v * x3;
  }
  const p = at + first * LANES;
  const q = at + second * LANES;
  y[p] = a0;
  y[p + 1] = a1;
  y[p + 2] = a2;
  y[p + 3] = a3;
  y[q] = b0;
  y[q + 1] = b1;
  y[q + 2] = b2;
  y[q + 3] = b3;
}

/** One layer on the lanes of four images: `x` to `y`, both values × LANES. */
export type LaneLayer = (x: Float32Array, y: Float32Array) => void;

export function denseOnLanes({ weights, bias, units }: DenseLayer): LaneLayer {
  const rows = byUnit(weights, units);
  const gathered = gatheredOf(weights.length / units);
  return (x, y) => {
    gathered.count = 0;
    for (let i = 0; i * LANES < x.length; i++) gather(gathered, i, x, i * LANES);
    sumUnits(rows, bias, gathered, y, 0);
  };
}

/** Where a window stands: its rows and columns within the input, and its first ones, which may be before it. */
interface Window {
  readonly rows: readonly [from: number, to: number];
  readonly columns: readonly [from: number, to: number];
  readonly first: readonly [row: number, column: number];
  /** Its place among the outputs. */
  readonly position: number;
}

type Windowed = Extract<Layer, { kind: 'conv2d' | 'averagePool' }>;

function windowsOf(layer: Windowed, input: Shape, output: Shape): Window[] {
  const [height, width] = layer.kind === 'conv2d' ? layer.kernel : layer.size;
  const top = slide(input.height, height, layer.stride[0], layer.padding, layer.name).before;
  const left = slide(input.width, width, layer.stride[1], layer.padding, layer.name).before;
  return Array.from({ length: output.height * output.width }, (_, position) => {
    const row = Math.floor(position / output.width) * layer.stride[0] - top;
    const column = (position % output.width) * layer.stride[1] - left;
    // From the input's edges, not the window's: a window may be said to be of any size.
    return {
      rows: [Math.max(0, row), Math.min(input.height, row + height)],
      columns: [Math.max(0, column), Math.min(input.width, column + width)],
      first: [row, column],
      position,
    };
  });
}

export function convolutionOnLanes(layer: Conv2dLayer, input: Shape, output: Shape): LaneLayer {
  const { weights, bias, filters, kernel } = layer;
  const { channels, width } = input;
  const rows = byUnit(weights, filters);
  const gathered = gatheredOf(weights.length / filters);
  const windows = windowsOf(layer, input, output);
  return (x, y) => {
    for (const window of windows) {
      gathered.count = 0;
      for (let iy = window.rows[0]; iy < window.rows[1]; iy++) {
        for (let ix = window.columns[0]; ix < window.columns[1]; ix++) {
          const tap = ((iy - window.first[0]) * kernel[1] + ix - window.first[1]) * channels;
          const from = (iy * width + ix) * channels;
          for (let c = 0; c < channels; c++) gather(gathered, tap + c, x, (from + c) * LANES);
        }
      }
      sumUnits(rows, bias, gathered, y, window.position * filters * LANES);
    }
  };
}

export function averagePoolOnLanes(
  layer: Extract<Layer, { kind: 'averagePool' }>,
  input: Shape,
  output: Shape,
): LaneLayer {
  const lanes = input.channels * LANES;
  const sums = new Float64Array(lanes);
  const windows = windowsOf(layer, input, output);
  return (x, y) => {
    for (const { rows, columns, position } of windows) {
      sums.fill(0);
      for (let iy = rows[0]; iy < rows[1]; iy++) {
        for (let ix = columns[0]; ix < columns[1]; ix++) {
          const from = (iy * input.width + ix) * lanes;
          for (let at = 0; at < lanes; at++) sums[at] = sums[at]! + x[from + at]!;
        }
      }
      const elements = (rows[1] - rows[0]) * (columns[1] - columns[0]);
      for (let at = 0; at < lanes; at++) y[position * lanes + at] = sums[at]! / elements;
    }
  };
}
