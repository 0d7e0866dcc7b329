import { describe, expect, it } from '@jest/globals';
import { type Network, lower } from '@ciphernet/network';
import { createParameters } from '@ciphernet/parameters';
import fc from 'fast-check';
import { sealEngine } from '../src/seal-engine.js';
import { createOwner, measureError } from './encrypted-circuit.js';

const floats = (length: number, bound: number, random: () => number): Float32Array =>
  Float32Array.from({ length }, () => (random() * 2 - 1) * bound);

/** A deterministic generator for weights, so that a failing case can be run again from its seed. */
function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

const shapes = fc.record({
  side: fc.integer({ min: 3, max: 6 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  padding: fc.constantFrom('valid' as const, 'same' as const),
  filters: fc.integer({ min: 1, max: 3 }),
  hidden: fc.integer({ min: 1, max: 5 }),
  squares: fc.integer({ min: 1, max: 2 }),
  polynomial: fc.boolean(),
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
});

function randomNetwork(s: typeof shapes extends fc.Arbitrary<infer T> ? T : never, random: () => number): Network {
  const out = s.padding === 'same' ? Math.ceil(s.side / s.stride) : Math.floor((s.side - s.kernel) / s.stride) + 1;
  const flat = out * out * s.filters;
  const dense = (name: string, inputs: number, units: number): Network['layers'][number] => ({
    kind: 'dense',
    name,
    units,
    weights: floats(inputs * units, 1 / Math.sqrt(inputs), random),
    bias: floats(units, 0.5, random),
  });
  const activation: Network['layers'][number] = s.polynomial
    ? { kind: 'polynomial', name: 'activation', a: 0.7, b: -0.3, c: 0.2 }
    : { kind: 'square', name: 'activation' };
  return {
    name: 'random',
    input: { height: s.side, width: s.side, channels: 1 },
    layers: [
      {
        kind: 'conv2d',
        name: 'conv',
        filters: s.filters,
        kernel: [s.kernel, s.kernel],
        stride: [s.stride, s.stride],
        padding: s.padding,
        weights: floats(s.kernel * s.kernel * s.filters, 0.8, random),
        bias: floats(s.filters, 0.5, random),
      },
      activation,
      { kind: 'flatten', name: 'flatten' },
      ...(s.squares === 2 ? [dense('hidden', flat, s.hidden), { kind: 'square', name: 'square' } as const] : []),
      dense('logits', s.squares === 2 ? s.hidden : flat, 3),
    ],
  };
}

describe('the seal engine', () => {
  it('agrees with the quantised circuit within the predicted error on random circuits', async () => {
    // Insecure on purpose: a small ring makes room for many cases; the noise formulas hold at any degree.
    await using owner = await createOwner(createParameters(1024, [30, 30, 30, 30], 30));
    await fc.assert(
      fc.asyncProperty(shapes, async (s) => {
        const random = lcg(s.seed);
        const circuit = lower(randomNetwork(s, random));
        const images = 7;
        const features = Float32Array.from({ length: images * s.side * s.side }, random);
        const { largest, rms, predicted } = await measureError(owner, sealEngine, circuit, features, images);
        expect(largest).toBeLessThan(predicted.bound);
        // The prediction takes the worst example; a typical error may be smaller, but not by orders of magnitude.
        expect(rms).toBeLessThan(3 * predicted.deviation);
      }),
      { numRuns: 25 },
    );
  });

  it('is not a bound that anything would meet: the error is within a factor of 300 of it', async () => {
    await using owner = await createOwner(createParameters(1024, [30, 30, 30, 30], 30));
    const s = {
      side: 6,
      kernel: 3,
      stride: 1,
      padding: 'valid',
      filters: 2,
      hidden: 4,
      squares: 2,
      polynomial: false,
      seed: 7,
    } as const;
    const random = lcg(s.seed);
    const circuit = lower(randomNetwork(s, random));
    const features = Float32Array.from({ length: 400 * 36 }, random);
    const { largest, predicted } = await measureError(owner, sealEngine, circuit, features, 400);
    expect(largest).toBeGreaterThan(predicted.bound / 300);
  });
});
