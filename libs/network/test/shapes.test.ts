import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Layer, LayerTopology } from '../src/layers.js';
import { type Network, shapesOf } from '../src/network.js';
import { outputShape } from '../src/output-shape.js';
import { type Padding, type Shape, sizeOf, slide } from '../src/shape.js';

const shapes = fc.record({
  height: fc.integer({ min: 1, max: 30 }),
  width: fc.integer({ min: 1, max: 30 }),
  channels: fc.integer({ min: 1, max: 8 }),
});
const axes = fc.record({
  length: fc.integer({ min: 1, max: 40 }),
  kernel: fc.integer({ min: 1, max: 9 }),
  stride: fc.integer({ min: 1, max: 5 }),
});

/** Where windows begin, counted one by one. */
function startsOf(length: number, kernel: number, stride: number): number[] {
  const starts: number[] = [];
  for (let start = 0; start + kernel <= length; start += stride) starts.push(start);
  return starts;
}

describe('a window that slides along an axis', () => {
  it('has as many valid positions as there are windows inside', () => {
    fc.assert(
      fc.property(axes, ({ length, kernel, stride }) => {
        fc.pre(kernel <= length);
        const { positions, before } = slide(length, kernel, stride, 'valid', 'test');
        expect({ positions, before }).toEqual({ positions: startsOf(length, kernel, stride).length, before: 0 });
      }),
    );
  });

  it('covers everything under same padding, which is split evenly, the odd element at the end', () => {
    fc.assert(
      fc.property(axes, ({ length, kernel, stride }) => {
        const { positions, before } = slide(length, kernel, stride, 'same', 'test');
        expect(positions).toBe(Math.ceil(length / stride));
        const end = (positions - 1) * stride + kernel;
        const after = Math.max(0, end - length - before);
        expect(after - before === 0 || after - before === 1).toBe(true);
        // No more padding than the last window needs.
        expect(before + after).toBe(Math.max(0, end - length));
      }),
    );
  });

  it('is refused where a valid one is larger than the input, and told what helps', () => {
    expect(() => slide(4, 5, 1, 'valid', 'layer c')).toThrow(
      /a window of 5 does not fit into 4 \[layer c\] — use a smaller kernel or padding 'same'/,
    );
    expect(slide(4, 5, 1, 'same', 'layer c').positions).toBe(4);
  });
});

describe('the shape that a layer makes', () => {
  const image: Shape = { height: 28, width: 20, channels: 3 };
  const conv = (padding: Padding): LayerTopology => ({
    kind: 'conv2d',
    filters: 8,
    kernel: [5, 3],
    stride: [2, 1],
    padding,
  });

  it.each<[string, LayerTopology, Shape]>([
    ['a valid convolution', conv('valid'), { height: 12, width: 18, channels: 8 }],
    ['a convolution that keeps the size', conv('same'), { height: 14, width: 20, channels: 8 }],
    [
      'average pooling',
      { kind: 'averagePool', size: [2, 3], stride: [2, 3], padding: 'valid' },
      { height: 14, width: 6, channels: 3 },
    ],
    ['flattening', { kind: 'flatten' }, { height: 1, width: 1, channels: 1680 }],
  ])('is right for %s', (_name, layer, expected) => {
    expect(outputShape(layer, image, 'test')).toEqual(expected);
  });

  it('is the input’s for what works value by value', () => {
    const layers: LayerTopology[] = [
      { kind: 'batchNorm' },
      { kind: 'dropout', rate: 0.5 },
      { kind: 'square' },
      { kind: 'polynomial', a: 1, b: 2, c: 3 },
    ];
    fc.assert(
      fc.property(shapes, fc.constantFrom(...layers), (shape, layer) => {
        expect(outputShape(layer, shape, 'test')).toEqual(shape);
      }),
    );
  });

  it('holds as many values when it is flattened, which a dense layer then reads', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 50 }), (shape, units) => {
        const flat = outputShape({ kind: 'flatten' }, shape, 'test');
        expect(sizeOf(flat)).toBe(sizeOf(shape));
        expect(outputShape({ kind: 'dense', units }, flat, 'test')).toEqual({ height: 1, width: 1, channels: units });
      }),
    );
  });

  it('has no dense layer on positions', () => {
    expect(() => outputShape({ kind: 'dense', units: 3 }, image, 'layer d')).toThrow(
      /a dense layer on 28×20 positions \[layer d\] — put a flatten layer before it/,
    );
  });

  it.each([
    ['convolution', conv('valid')],
    ['pooling', { kind: 'averagePool', size: [5, 3], stride: [1, 1], padding: 'valid' } as const],
  ])('is refused for a %s that is larger than the image', (_name, layer) => {
    expect(() => outputShape(layer, { height: 4, width: 9, channels: 1 }, 'layer w')).toThrow(/window of 5.*layer w/);
    expect(() => outputShape(layer, { height: 9, width: 2, channels: 1 }, 'layer w')).toThrow(/window of 3.*layer w/);
  });
});

describe('the shapes of a network', () => {
  const good: readonly Layer[] = [
    {
      kind: 'conv2d',
      name: 'c',
      filters: 2,
      kernel: [2, 2],
      stride: [1, 1],
      padding: 'valid',
      weights: new Float32Array(8),
      bias: new Float32Array(2),
    },
    { kind: 'batchNorm', name: 'n', factor: new Float32Array(2), offset: new Float32Array(2) },
    { kind: 'flatten', name: 'f' },
    { kind: 'dense', name: 'd', units: 3, weights: new Float32Array(24), bias: new Float32Array(3) },
  ];
  const input: Shape = { height: 3, width: 3, channels: 1 };
  const networkWith = (index: number, change: object): Network => ({
    name: 'test',
    input,
    layers: good.map((layer, i) => (i === index ? { ...layer, ...change } : layer)),
  });

  it('are each layer’s in order', () => {
    expect(shapesOf({ name: 'test', input, layers: good })).toEqual([
      { height: 2, width: 2, channels: 2 },
      { height: 2, width: 2, channels: 2 },
      { height: 1, width: 1, channels: 8 },
      { height: 1, width: 1, channels: 3 },
    ]);
    expect(shapesOf({ name: 'empty', input, layers: [] })).toEqual([]);
  });

  it.each<[string, number, object, RegExp]>([
    ['kernel', 0, { weights: new Float32Array(9) }, /9 weights, expected 8 \[layer c\]/],
    ['filters’ bias', 0, { bias: new Float32Array(1) }, /1 biases, expected 2 \[layer c\]/],
    ['factors', 1, { factor: new Float32Array(3) }, /3 factors, expected 2 \[layer n\]/],
    ['offsets', 1, { offset: new Float32Array(0) }, /0 offsets, expected 2 \[layer n\]/],
    ['dense weights', 3, { weights: new Float32Array(23) }, /23 weights, expected 24 \[layer d\]/],
    ['units’ bias', 3, { bias: new Float32Array(4) }, /4 biases, expected 3 \[layer d\]/],
  ])('are refused with other %s than the topology has, naming the layer', (_name, index, change, message) => {
    expect(() => shapesOf(networkWith(index, change))).toThrow(message);
  });

  it('are refused where a layer does not fit what comes before it', () => {
    expect(() => shapesOf({ name: 'test', input, layers: good.filter(({ kind }) => kind !== 'flatten') })).toThrow(
      /dense layer on 2×2 positions \[layer d\]/,
    );
  });
});
