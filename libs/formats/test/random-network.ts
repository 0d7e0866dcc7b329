import { type Layer, type LayerTopology, type Network, type Shape, outputShape } from '@ciphernet/network';
import fc from 'fast-check';

const side = fc.integer({ min: 1, max: 3 });
const window = fc.tuple(side, side);
const padding = fc.constantFrom('valid' as const, 'same' as const);
const coefficient = fc.float({ min: -1, max: 1, noNaN: true }).map((value) => (value === 0 ? 0.5 : value));

const elementwise = [
  fc.record({ kind: fc.constant('batchNorm' as const) }),
  fc.record({ kind: fc.constant('square' as const) }),
  fc.record({ kind: fc.constant('polynomial' as const), a: coefficient, b: coefficient, c: coefficient }),
];
const spatial = fc.oneof(
  fc.record({
    kind: fc.constant('conv2d' as const),
    filters: side,
    kernel: window,
    stride: window,
    padding,
  }),
  fc.record({ kind: fc.constant('averagePool' as const), size: window, stride: window, padding }),
  ...elementwise,
);
const flat = fc.oneof(
  fc.record({ kind: fc.constant('dense' as const), units: fc.integer({ min: 1, max: 5 }) }),
  ...elementwise,
);

/** A layer with weights in [−1/2, 1/2], none of them zero. */
function withWeights(topology: LayerTopology, name: string, input: Shape): Layer {
  const values = (length: number, phase: number): Float32Array =>
    Float32Array.from({ length }, (_, i) => Math.sin(1 + i * 1.3 + phase) / 2);
  switch (topology.kind) {
    case 'conv2d': {
      const [height, width] = topology.kernel;
      const weights = values(height * width * input.channels * topology.filters, 0);
      return { ...topology, name, weights, bias: values(topology.filters, 1) };
    }
    case 'dense':
      return {
        ...topology,
        name,
        weights: values(input.channels * topology.units, 2),
        bias: values(topology.units, 3),
      };
    case 'batchNorm':
      return { ...topology, name, factor: values(input.channels, 4), offset: values(input.channels, 5) };
    case 'dropout':
      throw new RangeError('a trained network has no dropout');
    default:
      return { ...topology, name };
  }
}

/** Networks of every kind of layer: some on images, flatten, some on vectors. Layers that do not fit are left out. */
export const networks: fc.Arbitrary<Network> = fc
  .record({
    input: fc.record({ height: fc.integer({ min: 1, max: 6 }), width: fc.integer({ min: 1, max: 6 }), channels: side }),
    onImages: fc.array(spatial, { maxLength: 4 }),
    onVectors: fc.array(flat, { maxLength: 4 }),
  })
  .map(({ input, onImages, onVectors }) => {
    const layers: Layer[] = [];
    let shape = input;
    for (const topology of [...onImages, { kind: 'flatten' as const }, ...onVectors]) {
      let next: Shape;
      try {
        next = outputShape(topology, shape, '');
      } catch {
        continue;
      }
      layers.push(withWeights(topology, `layer-${layers.length}`, shape));
      shape = next;
    }
    return { name: 'random', input, layers };
  });
