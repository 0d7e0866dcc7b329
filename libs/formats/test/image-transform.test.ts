import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Pixels } from '../src/datasets/images/pixels.js';
import { type ImageTransform, transformPixels, transformedImageShape } from '../src/datasets/images/transform.js';

const grey = (height: number, width: number, ...values: number[]): Pixels => ({
  height,
  width,
  channels: 1,
  depth: 8,
  values: Uint8Array.from(values),
});
const to = (height: number, width: number): ImageTransform => ({ resize: { height, width } });
/** Features times 255, as the vectors below are worked out. */
const in255 = (pixels: Pixels, transform: ImageTransform): number[] =>
  [...transformPixels(pixels, transform)].map((value) => value * 255);
const near = (values: number[]) => values.map((value) => expect.closeTo(value, 4) as unknown);

const side = fc.integer({ min: 1, max: 12 });
const anyPixels: fc.Arbitrary<Pixels> = fc
  .record({
    height: side,
    width: side,
    channels: fc.constantFrom(1 as const, 3 as const),
    depth: fc.constantFrom(8 as const, 16 as const),
  })
  .chain(({ height, width, channels, depth }) => {
    const length = height * width * channels;
    const size = { minLength: length, maxLength: length };
    const values = depth === 16 ? fc.uint16Array(size) : fc.uint8Array(size);
    return values.map((taken) => ({ height, width, channels, depth, values: taken }));
  });
const anyTransform: fc.Arbitrary<ImageTransform> = fc.record({
  grey: fc.boolean(),
  crop: fc.constantFrom('centre' as const, undefined),
  resize: fc.option(fc.record({ height: side, width: side }), { nil: undefined }),
});

describe('an image transform', () => {
  it('changes nothing but the range where nothing is asked for', () => {
    expect([...transformPixels(grey(1, 3, 0, 51, 255), {})]).toEqual([0, Math.fround(0.2), 1]);
    const deep: Pixels = { height: 1, width: 2, channels: 1, depth: 16, values: Uint16Array.of(65535, 13107) };
    expect([...transformPixels(deep, {})]).toEqual([1, Math.fround(0.2)]);
  });

  it('averages areas, parts of pixels by their part', () => {
    // Three columns to two: 1.5 source pixels each. (10 + ½·40)/1.5 = 20 and (½·40 + 100)/1.5 = 80.
    expect(in255(grey(1, 3, 10, 40, 100), to(1, 2))).toEqual(near([20, 80]));
    expect(in255(grey(2, 2, 1, 2, 3, 10), to(1, 1))).toEqual(near([4]));
    // Five rows to two: (10 + 20 + ½·30)/2.5 = 18 and (½·30 + 40 + 50)/2.5 = 42.
    expect(in255(grey(5, 1, 10, 20, 30, 40, 50), to(2, 1))).toEqual(near([18, 42]));
  });

  it('interpolates between centres, and goes on with the outermost pixel', () => {
    // Centres of four are at −¼, ¼, ¾ and 1¼ of two: 0, 0.25, 0.75 of the way, then the last.
    expect(in255(grey(1, 2, 0, 100), to(1, 4))).toEqual(near([0, 25, 75, 100]));
    // Three of two: −1/6 (the first), ½, 7/6 (the last).
    expect(in255(grey(2, 1, 20, 80), to(3, 1))).toEqual(near([20, 50, 80]));
    // One axis shrinks while the other grows.
    expect(in255(grey(2, 2, 0, 100, 100, 200), to(1, 4))).toEqual(near([50, 75, 125, 150]));
  });

  it('keeps channels apart', () => {
    const two: Pixels = { height: 1, width: 2, channels: 3, depth: 8, values: Uint8Array.of(0, 10, 20, 100, 110, 120) };
    expect(in255(two, to(1, 1))).toEqual(near([50, 60, 70]));
  });

  it('makes grey by BT.601, not rounded', () => {
    const colours: Pixels = {
      height: 1,
      width: 4,
      channels: 3,
      depth: 8,
      values: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30),
    };
    expect([...transformPixels(colours, { grey: true })]).toEqual([0.299, 0.587, 0.114, 18.15 / 255].map(Math.fround));
    expect(in255(grey(1, 2, 3, 4), { grey: true })).toEqual(near([3, 4]));
  });

  it('crops the middle to the shape of the size, or to a square; an odd pixel goes at the end', () => {
    const row = grey(1, 4, 1, 2, 3, 4);
    expect(in255(row, { crop: 'centre' })).toEqual(near([2]));
    expect(in255(row, { crop: 'centre', ...to(1, 2) })).toEqual(near([2, 3]));
    expect(in255(grey(3, 2, 1, 2, 3, 4, 5, 6), { crop: 'centre' })).toEqual(near([1, 2, 3, 4]));
    // 2×2 in the middle of 2×4, then its mean.
    expect(in255(grey(2, 4, 9, 1, 2, 9, 9, 3, 6, 9), { crop: 'centre', ...to(1, 1) })).toEqual(near([3]));
  });

  it('gives values in [0, 1] of the shape that it says', () => {
    fc.assert(
      fc.property(anyPixels, anyTransform, (pixels, transform) => {
        const out = transformPixels(pixels, transform);
        const { height, width, channels } = transformedImageShape(pixels, transform);
        expect(out).toHaveLength(height * width * channels);
        const max = pixels.depth === 16 ? 65535 : 255;
        const [low, high] = [Math.min(...pixels.values) / max, Math.max(...pixels.values) / max];
        for (const value of out) expect(value >= Math.fround(low) && value <= Math.fround(high)).toBe(true);
      }),
    );
  });

  it('keeps a constant image, exactly', () => {
    fc.assert(
      fc.property(anyPixels, anyTransform, fc.nat(255), (pixels, transform, value) => {
        const constant = { ...pixels, values: pixels.values.slice().fill(value) };
        const expected = Math.fround(value / (pixels.depth === 16 ? 65535 : 255));
        for (const got of transformPixels(constant, transform)) expect(got).toBe(expected);
      }),
    );
  });

  it('keeps the mean where areas are averaged, in whole factors and in others', () => {
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
    fc.assert(
      fc.property(anyPixels, side, side, (pixels, height, width) => {
        const resize = { height: Math.min(height, pixels.height), width: Math.min(width, pixels.width) };
        expect(mean(transformPixels(pixels, { resize }))).toBeCloseTo(mean(transformPixels(pixels, {})), 6);
      }),
    );
  });

  it('is the plain formula in exact fractions, to the last bit', () => {
    fc.assert(
      fc.property(anyPixels, side, side, (pixels, height, width) => {
        fc.pre(pixels.channels === 1 && height <= pixels.height && width <= pixels.width);
        const out = transformPixels(pixels, { resize: { height, width } });
        const cover = (s: number, d: number, i: number, j: number) =>
          BigInt(Math.max(0, Math.min((i + 1) * s, (j + 1) * d) - Math.max(i * s, j * d)));
        const divisor = pixels.height * pixels.width * (pixels.depth === 16 ? 65535 : 255);
        for (let i = 0; i < height; i++) {
          for (let j = 0; j < width; j++) {
            let sum = 0n;
            for (const [at, value] of pixels.values.entries()) {
              const [y, x] = [Math.floor(at / pixels.width), at % pixels.width];
              sum += cover(pixels.height, height, i, y) * cover(pixels.width, width, j, x) * BigInt(value);
            }
            expect(out[i * width + j]).toBe(Math.fround(Number(sum) / divisor));
          }
        }
      }),
    );
  });

  it('stays exact at the largest sizes', () => {
    const white: Pixels = {
      height: 8192,
      width: 1,
      channels: 3,
      depth: 16,
      values: new Uint16Array(8192 * 3).fill(65535),
    };
    for (const value of transformPixels(white, { grey: true, ...to(3, 4096) })) {
      if (value !== 1) throw new Error(`${value} instead of 1`);
    }
  });

  it.each([
    ['0×5', to(0, 5)],
    ['5×4097', to(5, 4097)],
    ['2.5×5', to(2.5, 5)],
    ['5×NaN', to(5, Number.NaN)],
  ])('refuses to resize to %s', (size, transform) => {
    expect(() => transformPixels(grey(1, 1, 0), transform)).toThrow(`cannot resize to ${size}`);
  });

  it('refuses an image whose sums could be rounded', () => {
    expect(() => transformPixels(grey(1, 8193, ...new Uint8Array(8193)), {})).toThrow(/at most 8192 a side/);
  });
});
