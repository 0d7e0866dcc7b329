import { UnsupportedError, elementAt } from '@ciphernet/foundation';
import { type Layer, type Shape, sizeOf, slide } from '@ciphernet/network';

/** One output of an affine map: Σ values[k] · x[inputs[k]] + bias; `inputs` ascending, without repeats. */
export interface AffineRow {
  readonly inputs: readonly number[];
  readonly values: readonly number[];
  readonly bias: number;
}

/** A sparse affine map, the common form of every linear layer on the way to a circuit. */
export interface AffineMap {
  readonly inputs: number;
  readonly rows: readonly AffineRow[];
}

/** x → x. */
export function identityMap(size: number): AffineMap {
  return { inputs: size, rows: Array.from({ length: size }, (_, i) => ({ inputs: [i], values: [1], bias: 0 })) };
}

/** The map x → factor(i)·x[i] + offset(i). */
export function diagonalMap(size: number, factor: (i: number) => number, offset: (i: number) => number): AffineMap {
  return {
    inputs: size,
    rows: Array.from({ length: size }, (_, i) => ({ inputs: [i], values: [factor(i)], bias: offset(i) })),
  };
}

/**
 * Terms that one composition may add up, and that its rows may hold: some seconds of work, and the most weights that a
 * compiled map can have. Networks of any sense stay far below; one that is made to keep a worker busy does not.
 */
const MOST_TERMS_ADDED = 2 ** 30;
const MOST_TERMS = 2 ** 24;

/** Terms that composing would add up. */
function termsOf(outer: AffineMap, inner: AffineMap): number {
  let terms = 0;
  for (const row of outer.rows) for (const middle of row.inputs) terms += elementAt(inner.rows, middle).inputs.length;
  return terms;
}

function assertAffordable(terms: number, most: number): void {
  if (terms <= most) return;
  throw new UnsupportedError(`linear layers that compose to ${terms.toExponential(1)} products`, {
    where: 'lowering',
    hint: 'use a smaller input, fewer or smaller layers between two squares',
  });
}

/**
 * outer ∘ inner. Rows stay sparse: a pooling after a convolution costs only the windows that it touches.
 *
 * @throws UnsupportedError when that would be more work than any network of sense takes
 */
export function compose(outer: AffineMap, inner: AffineMap): AffineMap {
  assertAffordable(termsOf(outer, inner), MOST_TERMS_ADDED);
  const composed = composeRows(outer, inner);
  assertAffordable(
    composed.rows.reduce((sum, row) => sum + row.inputs.length, 0),
    MOST_TERMS,
  );
  return composed;
}

function composeRows(outer: AffineMap, inner: AffineMap): AffineMap {
  const accumulator = new Float64Array(inner.inputs);
  const seen = new Uint8Array(inner.inputs);
  const rows = outer.rows.map((row) => {
    const touched: number[] = [];
    let bias = row.bias;
    row.inputs.forEach((middle, k) => {
      const factor = elementAt(row.values, k);
      const source = elementAt(inner.rows, middle);
      if (factor === 0) return;
      bias += factor * source.bias;
      source.inputs.forEach((input, j) => {
        if (seen[input] === 0) {
          seen[input] = 1;
          touched.push(input);
        }
        accumulator[input] = (accumulator[input] ?? 0) + factor * elementAt(source.values, j);
      });
    });
    touched.sort((a, b) => a - b);
    const values = touched.map((input) => accumulator[input] ?? 0);
    for (const input of touched) {
      accumulator[input] = 0;
      seen[input] = 0;
    }
    return { inputs: touched, values, bias };
  });
  return { inputs: inner.inputs, rows };
}

/** Calls `visit` with row, column and tap (number inside the window) of each element of a window that is not padding. */
function windowTaps(
  input: Shape,
  kernel: readonly [number, number],
  top: number,
  left: number,
  visit: (y: number, x: number, tap: number) => void,
): void {
  // From the input's edges, not the window's: a window may be said to be of any size.
  const lastY = Math.min(input.height, top + kernel[0]);
  const lastX = Math.min(input.width, left + kernel[1]);
  for (let y = Math.max(0, top); y < lastY; y++) {
    for (let x = Math.max(0, left); x < lastX; x++) visit(y, x, (y - top) * kernel[1] + x - left);
  }
}

type Windowed = Extract<Layer, { kind: 'conv2d' | 'averagePool' }>;

function windowedMap(layer: Windowed, input: Shape): AffineMap {
  const kernel = layer.kind === 'conv2d' ? layer.kernel : layer.size;
  const where = `layer ${layer.name}`;
  const vertical = slide(input.height, kernel[0], layer.stride[0], layer.padding, where);
  const horizontal = slide(input.width, kernel[1], layer.stride[1], layer.padding, where);
  const channels = input.channels;
  const outputs = vertical.positions * horizontal.positions * (layer.kind === 'conv2d' ? layer.filters : channels);
  const taps = Math.min(kernel[0], input.height) * Math.min(kernel[1], input.width);
  assertAffordable(outputs * taps * (layer.kind === 'conv2d' ? channels : 1), MOST_TERMS);
  const rows: AffineRow[] = [];
  for (let oy = 0; oy < vertical.positions; oy++) {
    for (let ox = 0; ox < horizontal.positions; ox++) {
      const top = oy * layer.stride[0] - vertical.before;
      const left = ox * layer.stride[1] - horizontal.before;
      if (layer.kind === 'conv2d') {
        for (let filter = 0; filter < layer.filters; filter++) {
          const inputs: number[] = [];
          const values: number[] = [];
          windowTaps(input, kernel, top, left, (y, x, tap) => {
            for (let channel = 0; channel < channels; channel++) {
              inputs.push((y * input.width + x) * channels + channel);
              values.push(elementAt(layer.weights, (tap * channels + channel) * layer.filters + filter));
            }
          });
          rows.push({ inputs, values, bias: elementAt(layer.bias, filter) });
        }
      } else {
        for (let channel = 0; channel < channels; channel++) {
          const inputs: number[] = [];
          windowTaps(input, kernel, top, left, (y, x) => inputs.push((y * input.width + x) * channels + channel));
          rows.push({ inputs, values: inputs.map(() => 1 / inputs.length), bias: 0 });
        }
      }
    }
  }
  return { inputs: sizeOf(input), rows };
}

/**
 * A linear layer as an affine map; undefined for activations and for layers that move nothing (flatten).
 *
 * @param input a shape that the layer's weights fit (`shapesOf` checks a whole network)
 */
export function affineOf(layer: Layer, input: Shape): AffineMap | undefined {
  switch (layer.kind) {
    case 'conv2d':
    case 'averagePool':
      return windowedMap(layer, input);
    case 'dense': {
      const inputs = Array.from({ length: input.channels }, (_, i) => i);
      return {
        inputs: input.channels,
        rows: Array.from({ length: layer.units }, (_, unit) => ({
          inputs,
          values: inputs.map((i) => elementAt(layer.weights, i * layer.units + unit)),
          bias: elementAt(layer.bias, unit),
        })),
      };
    }
    case 'batchNorm': {
      const channelOf = (i: number): number => i % input.channels;
      return diagonalMap(
        sizeOf(input),
        (i) => elementAt(layer.factor, channelOf(i)),
        (i) => elementAt(layer.offset, channelOf(i)),
      );
    }
    case 'flatten':
    case 'square':
    case 'polynomial':
      return undefined;
  }
}
