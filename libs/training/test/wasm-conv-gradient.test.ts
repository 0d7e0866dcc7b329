import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { selectBackend } from '../src/backend.js';
import { stream } from '../src/random.js';

/** Rows above and below, columns left and right. */
type Explicit = [[number, number], [number, number], [number, number], [number, number]];

interface Convolution {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly filters: number;
  readonly strides: [number, number];
  readonly pad: 'same' | 'valid' | Explicit;
}

/** Values with all bits of a float in use. */
function valuesOf(name: string, count: number): Float32Array {
  const random = stream(7, name, count);
  return Float32Array.from({ length: count }, () => random.normal());
}

/** Term by term in single precision, images, rows and columns in order: the definition. */
function expected(x: Float32Array, dy: Float32Array, c: Convolution): Float32Array {
  const { images, height, width, channels, filterHeight, filterWidth, filters } = c;
  const g = geometryOf(c);
  const [down, right] = c.strides;
  const sums = new Float32Array(filterHeight * filterWidth * channels * filters);
  for (let i = 0, at = 0; i < filterHeight; i++)
    for (let j = 0; j < filterWidth; j++)
      for (let channel = 0; channel < channels; channel++)
        for (let filter = 0; filter < filters; filter++, at++)
          for (let n = 0; n < images; n++)
            for (let oy = 0; oy < g.outHeight; oy++)
              for (let ox = 0; ox < g.outWidth; ox++) {
                const y = oy * down + i - g.padInfo.top;
                const column = ox * right + j - g.padInfo.left;
                if (y < 0 || y >= height || column < 0 || column >= width) continue;
                const value = x[((n * height + y) * width + column) * channels + channel]!;
                const slope = dy[((n * g.outHeight + oy) * g.outWidth + ox) * filters + filter]!;
                sums[at] = sums[at]! + Math.fround(value * slope);
              }
  return sums;
}

function geometryOf(c: Convolution): ReturnType<typeof tf.backend_util.computeConv2DInfo> {
  return tf.backend_util.computeConv2DInfo(
    [c.images, c.height, c.width, c.channels],
    [c.filterHeight, c.filterWidth, c.channels, c.filters],
    c.strides,
    1,
    c.pad,
  );
}

/** By the kernel that is registered. */
async function gradientOf(x: Float32Array, dy: Float32Array, c: Convolution): Promise<Float32Array> {
  const outputs = geometryOf(c).outShape;
  const tensors = {
    x: tf.tensor4d(x, [c.images, c.height, c.width, c.channels]),
    dy: tf.tensor4d(dy, outputs),
  };
  const gradient = tf.engine().runKernel<tf.Tensor>(tf.Conv2DBackpropFilter, tensors, {
    strides: c.strides,
    pad: c.pad,
    dataFormat: 'NHWC',
    filterShape: [c.filterHeight, c.filterWidth, c.channels, c.filters],
  });
  const values = await gradient.data<'float32'>();
  tf.dispose([gradient, ...Object.values(tensors)]);
  return values;
}

function casesOf(c: Convolution): { readonly x: Float32Array; readonly dy: Float32Array } {
  const outputs = geometryOf(c).outShape.reduce((product, size) => product * size, 1);
  return { x: valuesOf('x', c.images * c.height * c.width * c.channels), dy: valuesOf('dy', outputs) };
}

beforeAll(async () => {
  await selectBackend(['wasm']);
});

describe('the filter gradient of a convolution on wasm', () => {
  it('is the sum over images, rows and columns in this order, bit for bit, whatever the sizes, strides and padding', async () => {
    const size = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most });
    const convolutions = fc.record({
      images: size(5),
      height: fc.integer({ min: 5, max: 13 }),
      width: fc.integer({ min: 5, max: 19 }),
      channels: size(3),
      filterHeight: size(5),
      filterWidth: size(5),
      filters: size(20),
      strides: fc.tuple(size(3), size(3)),
      pad: fc.oneof(
        fc.constantFrom('same' as const, 'valid' as const),
        fc.array(size(7), { minLength: 4, maxLength: 4 }).map(([a, b, c, d]): Explicit => [
          [0, 0],
          [a!, b!],
          [c!, d!],
          [0, 0],
        ]),
      ),
    });
    await fc.assert(
      fc.asyncProperty(convolutions, async (c) => {
        const { x, dy } = casesOf(c);
        expect(await gradientOf(x, dy, c)).toEqual(expected(x, dy, c));
      }),
      { numRuns: 150 },
    );
  });

  it('is that of a product of patches and dy, bit for bit, at the sizes of the zoo', async () => {
    const c: Convolution = {
      images: 32,
      height: 28,
      width: 28,
      channels: 1,
      filterHeight: 7,
      filterWidth: 7,
      filters: 16,
      strides: [3, 3],
      pad: 'valid',
    };
    const { x, dy } = casesOf(c);
    const positions = dy.length / c.filters;
    const patches = new Float32Array(49 * positions);
    for (let row = 0; row < 49; row++)
      for (let at = 0; at < positions; at++) {
        const [n, oy, ox] = [Math.floor(at / 64), Math.floor(at / 8) % 8, at % 8];
        patches[row * positions + at] = x[(n * 28 + oy * 3 + Math.floor(row / 7)) * 28 + ox * 3 + (row % 7)]!;
      }
    const product = tf.tidy(() =>
      tf.matMul(tf.tensor2d(patches, [49, positions]), tf.tensor2d(dy, [positions, c.filters])),
    );
    expect(await gradientOf(x, dy, c)).toEqual(await product.data());
    product.dispose();
  });

  it('holds no more tensors afterwards, and refuses a layout that it does not know', async () => {
    const c: Convolution = {
      images: 2,
      height: 6,
      width: 6,
      channels: 1,
      filterHeight: 3,
      filterWidth: 3,
      filters: 4,
      strides: [1, 1],
      pad: 'valid',
    };
    const { x, dy } = casesOf(c);
    const before = tf.memory().numTensors;
    await gradientOf(x, dy, c);
    expect(tf.memory().numTensors).toBe(before);
    const tensors = { x: tf.tensor4d(x, [2, 6, 6, 1]), dy: tf.tensor4d(dy, [2, 4, 4, 4]) };
    const attributes = { strides: 1, pad: 'valid', filterShape: [3, 3, 1, 4] };
    expect(() =>
      tf.engine().runKernel(tf.Conv2DBackpropFilter, tensors, { ...attributes, dataFormat: 'NCHW' }),
    ).toThrow(/NCHW is not supported; use NHWC/);
    expect(() =>
      tf.engine().runKernel(tf.Conv2DBackpropFilter, tensors, { ...attributes, strides: 2, dataFormat: 'NHWC' }),
    ).toThrow(/dy 2,4,4,4 does not match/);
    const deep = tf.zeros([2, 6, 6, 3]);
    expect(() =>
      tf
        .engine()
        .runKernel(
          tf.Conv2DBackpropFilter,
          { ...tensors, x: deep },
          { strides: 1, pad: 'valid', filterShape: [3, 3, 1, 4], dataFormat: 'NHWC' },
        ),
    ).toThrow(/filter 3,3,1,4 on x 2,6,6,3/);
    tf.dispose([deep, ...Object.values(tensors)]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
