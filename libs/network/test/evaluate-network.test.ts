import { describe, expect, it } from '@jest/globals';
import { evaluateNetwork } from '../src/evaluate-network.js';
import type { Layer } from '../src/layers.js';
import type { Network } from '../src/network.js';
import { fractionEqual, predictionsOf } from '../src/predictions.js';
import type { Shape } from '../src/shape.js';

const evaluate = (input: Shape, layers: readonly Layer[], ...images: number[]): number[] => [
  ...evaluateNetwork({ name: 'test', input, layers }, Float32Array.from(images)),
];
const vector = (channels: number): Shape => ({ height: 1, width: 1, channels });
const square3: Shape = { height: 3, width: 3, channels: 1 };
const ONE_TO_NINE = [1, 2, 3, 4, 5, 6, 7, 8, 9];

const conv = (fields: Partial<Extract<Layer, { kind: 'conv2d' }>>): Layer => ({
  kind: 'conv2d',
  name: 'c',
  filters: 1,
  kernel: [2, 2],
  stride: [1, 1],
  padding: 'valid',
  weights: Float32Array.of(1, 10, 100, 1000),
  bias: Float32Array.of(0),
  ...fields,
});

describe('a layer in the clear', () => {
  it('multiplies by weights, inputs by units, and adds the bias', () => {
    const dense: Layer = {
      kind: 'dense',
      name: 'd',
      units: 2,
      weights: Float32Array.of(1, 2, 3, 4, 5, 6),
      bias: Float32Array.of(0.5, -0.5),
    };
    expect(evaluate(vector(3), [dense], 1, 10, 100)).toEqual([531.5, 641.5]);
  });

  it('convolves without turning the kernel', () => {
    expect(evaluate(square3, [conv({})], ...ONE_TO_NINE)).toEqual([5421, 6532, 8754, 9865]);
  });

  it('convolves with zeros after the end where the size is kept', () => {
    expect(evaluate(square3, [conv({ padding: 'same' })], ...ONE_TO_NINE)).toEqual([
      5421, 6532, 603, 8754, 9865, 906, 87, 98, 9,
    ]);
  });

  it('skips positions by the stride, rows and columns on their own', () => {
    expect(evaluate(square3, [conv({ stride: [1, 2] })], ...ONE_TO_NINE)).toEqual([5421, 8754]);
    expect(evaluate(square3, [conv({ stride: [2, 1] })], ...ONE_TO_NINE)).toEqual([5421, 6532]);
  });

  it('sums over channels and writes filters innermost', () => {
    const layer = conv({
      filters: 2,
      kernel: [1, 1],
      weights: Float32Array.of(1, 2, 10, 20),
      bias: Float32Array.of(0.25, 0.5),
    });
    expect(evaluate({ height: 1, width: 2, channels: 2 }, [layer], 1, 2, 3, 4)).toEqual([21.25, 42.5, 43.25, 86.5]);
  });

  it('averages over the elements that exist', () => {
    const pool: Layer = { kind: 'averagePool', name: 'p', size: [2, 2], stride: [2, 2], padding: 'same' };
    expect(evaluate(square3, [pool], ...ONE_TO_NINE)).toEqual([3, 4.5, 7.5, 9]);
    expect(evaluate(square3, [{ ...pool, padding: 'valid' }], ...ONE_TO_NINE)).toEqual([3]);
  });

  it('scales and shifts each channel', () => {
    const norm: Layer = { kind: 'batchNorm', name: 'n', factor: Float32Array.of(2, 3), offset: Float32Array.of(1, -1) };
    expect(evaluate({ height: 1, width: 2, channels: 2 }, [norm], 1, 1, 5, 5)).toEqual([3, 2, 11, 14]);
  });

  it('squares, and evaluates polynomials', () => {
    expect(evaluate(vector(2), [{ kind: 'square', name: 's' }], -3, 0.5)).toEqual([9, 0.25]);
    expect(evaluate(vector(2), [{ kind: 'polynomial', name: 'p', a: 2, b: -1, c: 0.5 }], -3, 0)).toEqual([21.5, 0.5]);
  });
});

describe('a network in the clear', () => {
  const layers: readonly Layer[] = [
    conv({ weights: Float32Array.of(1, 0, 0, 1), bias: Float32Array.of(-10) }),
    { kind: 'square', name: 's' },
    { kind: 'flatten', name: 'f' },
    { kind: 'dense', name: 'd', units: 1, weights: Float32Array.of(1, 2, 3, 4), bias: Float32Array.of(0.5) },
  ];

  it('is its layers one after the other', () => {
    // Diagonal sums 6, 8, 12, 14 less 10, squared: 16, 4, 4, 16.
    expect(evaluate(square3, layers, ...ONE_TO_NINE)).toEqual([16 + 8 + 12 + 64 + 0.5]);
  });

  it('evaluates image by image, none changing another or itself', () => {
    const images = Float32Array.from([...ONE_TO_NINE, ...ONE_TO_NINE.map(() => 0), ...ONE_TO_NINE]);
    const before = Float32Array.from(images);
    expect([...evaluateNetwork({ name: 'test', input: square3, layers }, images)]).toEqual([100.5, 1000.5, 100.5]);
    expect(images).toEqual(before);
  });

  it('gives each of several images what it gives it alone, whatever is evaluated beside it', () => {
    const some = (count: number, seed: number): Float32Array =>
      Float32Array.from({ length: count }, (_, i) => Math.sin(seed + i));
    const input = { height: 5, width: 6, channels: 2 };
    const network: Network = {
      name: 'test',
      input,
      layers: [
        conv({
          filters: 3,
          kernel: [3, 2],
          stride: [1, 2],
          padding: 'same',
          weights: some(36, 1),
          bias: some(3, 2),
        }),
        { kind: 'averagePool', name: 'p', size: [2, 2], stride: [2, 1], padding: 'same' },
        { kind: 'batchNorm', name: 'n', factor: some(3, 3), offset: some(3, 4) },
        { kind: 'polynomial', name: 'q', a: 0.5, b: -1, c: 0.25 },
        { kind: 'flatten', name: 'f' },
        { kind: 'dense', name: 'd', units: 5, weights: some(135, 5), bias: some(5, 6) },
      ],
    };
    const images = some(7 * 60, 7);
    const alone = Array.from({ length: 7 }, (_, n) => [
      ...evaluateNetwork(network, images.subarray(60 * n, 60 * (n + 1))),
    ]);
    expect([...evaluateNetwork(network, images)]).toEqual(alone.flat());
    expect(new Set(alone.flat()).size).toBe(35);
  });

  it('takes whole images only', () => {
    expect(() => evaluate(vector(2), [{ kind: 'square', name: 's' }], 1, 2, 3)).toThrow(
      /^3 values are no images of 2$/,
    );
    expect(() => evaluate(vector(2), [{ kind: 'square', name: 's' }], 1, 2, 3)).toThrow(RangeError);
  });

  it('without layers gives its input', () => {
    expect(evaluate(square3, [], ...ONE_TO_NINE)).toEqual(ONE_TO_NINE);
  });

  it('of another input than it has weights for is refused', () => {
    expect(() => evaluate(vector(9), layers.slice(3), ...ONE_TO_NINE)).toThrow(/4 weights, expected 9 \[layer d\]/);
  });
});

describe('predictions', () => {
  it('are the largest logit of each row, the first of equals', () => {
    expect([...predictionsOf([1, 3, 2, 5, 5, 4, -3, -2, -1], 3)]).toEqual([1, 0, 2]);
  });

  it('are counted where they are equal', () => {
    expect(fractionEqual(Uint8Array.of(1, 2, 3, 4), Uint8Array.of(1, 0, 3, 0))).toBe(0.5);
    expect(() => fractionEqual(new Uint8Array(0), new Uint8Array(0))).toThrow(RangeError);
    expect(() => fractionEqual(new Uint8Array(2), new Uint8Array(3))).toThrow(/cannot compare 2 predictions with 3/);
  });
});
