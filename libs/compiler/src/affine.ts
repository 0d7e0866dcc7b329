import { elementAt } from '@ciphernet/foundation';
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

/** outer ∘ inner. Rows stay sparse: a pooling after a convolution costs only the windows that it touches. */
export function compose(outer: AffineMap, inner: AffineMap): AffineMap {
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
  for (let ky = 0; ky < kernel[0]; ky++) {
    const y = top + ky;
    if (y < 0 || y >= input.height) continue;
    for (let kx = 0; kx < kernel[1]; kx++) {
      const x = left + kx;
      if (x >= 0 && x < input.width) visit(y, x, ky * kernel[1] + kx);
    }
  }
}

type Windowed = Extract<Layer, { kind: 'conv2d' | 'averagePool' }>;

function windowedMap(layer: Windowed, input: Shape): AffineMap {
  const kernel = layer.kind === 'conv2d' ? layer.kernel : layer.size;
  const where = `layer ${layer.name}`;
  const vertical = slide(input.height, kernel[0], layer.stride[0], layer.padding, where);
  const horizontal = slide(input.width, kernel[1], layer.stride[1], layer.padding, where);
  const channels = input.channels;
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
