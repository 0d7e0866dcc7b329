import type { Network } from '@ciphernet/network';
import fc from 'fast-check';

const floats = (length: number, bound: number, random: () => number): Float32Array =>
  Float32Array.from({ length }, () => (random() * 2 - 1) * bound);

/** A deterministic generator for weights, so that a failing case can be run again from its seed. */
export function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

export const shapes = fc.record({
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

export type CircuitShape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

/** A convolution, an activation, dense layers: one or two squares. */
export function randomNetwork(s: CircuitShape, random: () => number): Network {
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
