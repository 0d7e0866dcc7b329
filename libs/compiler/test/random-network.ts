import { type Layer, type Network, type Shape, outputShape, sizeOf } from '@ciphernet/network';
import fc from 'fast-check';

/** A deterministic generator, so that a failing case can be run again from its seed. */
export function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

const kinds = fc.constantFrom('conv2d', 'averagePool', 'batchNorm', 'square', 'polynomial', 'flatten', 'dense');

/** Seeds and layer kinds; {@link buildNetwork} makes weights that fit. */
export const networkPlans = fc.record({
  side: fc.integer({ min: 2, max: 7 }),
  channels: fc.integer({ min: 1, max: 3 }),
  // A network that only moves or squares values has nothing to lower: one dense layer at the end.
  kinds: fc.array(kinds, { maxLength: 6 }).map((chosen) => [...chosen, 'dense' as const]),
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
});

type NetworkPlan = typeof networkPlans extends fc.Arbitrary<infer T> ? T : never;

export function buildNetwork(plan: NetworkPlan): Network {
  const random = lcg(plan.seed);
  const floats = (length: number): Float32Array => Float32Array.from({ length }, () => random() - 0.5);
  const pick = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  const layers: Layer[] = [];
  const input: Shape = { height: plan.side, width: plan.side, channels: plan.channels };
  let shape = input;
  const add = (layer: Layer): void => {
    layers.push(layer);
    shape = outputShape(layer, shape, layer.name);
  };
  plan.kinds.forEach((kind, i) => {
    const name = `${kind}_${i}`;
    const padding = random() < 0.5 ? ('valid' as const) : ('same' as const);
    const window = [pick(1, shape.height), pick(1, shape.width)] as const;
    const stride = [pick(1, 3), pick(1, 3)] as const;
    switch (kind) {
      case 'conv2d': {
        const filters = pick(1, 4);
        const weights = floats(window[0] * window[1] * shape.channels * filters);
        add({ kind, name, filters, kernel: window, stride, padding, weights, bias: floats(filters) });
        break;
      }
      case 'averagePool':
        add({ kind, name, size: window, stride, padding });
        break;
      case 'batchNorm':
        add({ kind, name, factor: floats(shape.channels), offset: floats(shape.channels) });
        break;
      case 'polynomial':
        add({ kind, name, a: random() < 0.2 ? 0 : random() - 0.5, b: random() - 0.5, c: random() - 0.5 });
        break;
      case 'dense': {
        if (shape.height * shape.width > 1) add({ kind: 'flatten', name: `flatten_${i}` });
        const units = pick(1, 6);
        add({ kind, name, units, weights: floats(sizeOf(shape) * units), bias: floats(units) });
        break;
      }
      case 'square':
      case 'flatten':
        add({ kind, name });
    }
  });
  return { name: 'random', input, layers };
}
