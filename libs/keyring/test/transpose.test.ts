import { FIRST_FREE, createSharedMemory } from '@ciphernet/ring';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encryptionKernels } from '../src/encryption-kernels.js';

const MOST = 80;
const memory = createSharedMemory(FIRST_FREE + 16 * MOST * (MOST + 4) + 64);
const kernels = encryptionKernels(memory);

/** Lays values out by features, in two pieces of features; the largest magnitude of them. */
function transposed(values: Float32Array, images: number, features: number, cut: number) {
  const [source, target] = [FIRST_FREE, FIRST_FREE + 4 * MOST * MOST];
  new Float32Array(memory.buffer, source, values.length).set(values);
  const out = new Float32Array(memory.buffer, target, values.length + 4).fill(7);
  const largest = [
    kernels.transpose(source, images, features, 0, cut, target),
    kernels.transpose(source, images, features, cut, features - cut, target + 4 * cut * images),
  ];
  return { out, largest: Math.max(...largest) };
}

describe('values by features', () => {
  it('are those by images, of every shape, with their largest magnitude and nothing written beyond', () => {
    const size = fc.integer({ min: 1, max: MOST });
    fc.assert(
      fc.property(size, size, fc.integer({ min: 0, max: MOST }), fc.integer(), (images, features, at, seed) => {
        const values = Float32Array.from({ length: images * features }, (_, i) => Math.sin(seed + i) - 0.3);
        const { out, largest } = transposed(values, images, features, Math.min(at, features));
        const expected = Array.from(values, (_, i) => values[(i % images) * features + Math.floor(i / images)]);
        expect([...out.subarray(0, values.length)]).toEqual(expected);
        expect([...out.subarray(values.length)]).toEqual([7, 7, 7, 7]);
        expect(largest).toBe(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
      }),
      { numRuns: 200 },
    );
  });

  it('are found to hold one that is no number, wherever it stands', () => {
    const [images, features] = [21, 7];
    for (let i = 0; i < images * features; i++) {
      const values = new Float32Array(images * features).fill(1);
      values[i] = NaN;
      expect(transposed(values, images, features, 5).largest).toBeNaN();
    }
  });
});

/** Lays values out by groups of four features from `first` on; behind them stand sevens. */
function regrouped(values: Float32Array, images: number, features: number, first: number, slots: number) {
  const [source, target] = [FIRST_FREE, FIRST_FREE + 4 * MOST * MOST];
  new Float32Array(memory.buffer, source, values.length).set(values);
  const groups = Math.ceil((features - first) / 4);
  const out = new Float32Array(memory.buffer, target, 4 * slots * groups + 4).fill(7);
  const largest = kernels.regroup(source, images, features, first, features - first, slots, target);
  return { out, groups, largest };
}

describe('values by groups', () => {
  it('are those by images, zero in slots and lanes that have none, with their largest magnitude and nothing beyond', () => {
    const size = fc.integer({ min: 1, max: MOST - 4 });
    fc.assert(
      fc.property(size, size, size, size, fc.integer(), (images, features, at, more, seed) => {
        const slots = Math.min(images + more, MOST);
        const first = Math.min(at, features) - 1;
        const values = Float32Array.from({ length: images * features }, (_, i) => Math.sin(seed + i) - 0.3);
        const { out, groups, largest } = regrouped(values, images, features, first, slots);
        let most = 0;
        for (let g = 0; g < groups; g++) {
          for (let i = 0; i < slots; i++) {
            for (let lane = 0; lane < 4; lane++) {
              const feature = first + 4 * g + lane;
              const value = i < images && feature < features ? (values[i * features + feature] ?? NaN) : 0;
              expect(out[4 * (g * slots + i) + lane]).toBe(value);
              most = Math.max(most, Math.abs(value));
            }
          }
        }
        expect([...out.subarray(4 * slots * groups)]).toEqual([7, 7, 7, 7]);
        expect(largest).toBe(most);
      }),
      { numRuns: 50 },
    );
  });

  it('are found to hold one that is no number, wherever it stands', () => {
    const [images, features] = [5, 7];
    for (let i = 0; i < images * features; i++) {
      const values = new Float32Array(images * features).fill(1);
      values[i] = NaN;
      expect(regrouped(values, images, features, 0, 8).largest).toBeNaN();
    }
  });
});
