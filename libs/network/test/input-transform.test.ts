import { describe, expect, it } from '@jest/globals';
import { applyTransform, inputTransformSchema, transformName, transformedShape } from '../src/input-transform.js';

const shape = { height: 4, width: 4, channels: 1 };

describe('the public input transform', () => {
  it('takes means of k×k pixels', () => {
    const image = Float32Array.from({ length: 16 }, (_, i) => i);
    expect([...applyTransform({ crop: 0, mean: 2 }, shape, image)]).toEqual([2.5, 4.5, 10.5, 12.5]);
  });

  it('crops a border first', () => {
    const image = Float32Array.from({ length: 16 }, (_, i) => i);
    expect([...applyTransform({ crop: 1, mean: 1 }, shape, image)]).toEqual([5, 6, 9, 10]);
    expect([...applyTransform({ crop: 1, mean: 2 }, shape, image)]).toEqual([7.5]);
  });

  it('has a name that says what it does', () => {
    expect(transformName({ crop: 0, mean: 1 })).toBe('none');
    expect(transformName({ crop: 2, mean: 2 })).toBe('crop2-mean2');
  });

  it.each([[{ crop: 0, mean: 3 }], [{ crop: 2, mean: 1 }], [{ crop: 9, mean: 1 }]])(
    '%j is refused where it does not divide',
    (transform) => {
      expect(() => transformedShape(transform, shape)).toThrow(/does not fit images of 4×4/);
    },
  );

  it('takes no unknown field', () => {
    expect(inputTransformSchema.safeParse({ crop: 0, mean: 1, blur: 2 }).success).toBe(false);
  });
});
