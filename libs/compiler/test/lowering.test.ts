import { evaluateNetwork, sizeOf } from '@ciphernet/network';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { calibrate } from '../src/calibrate.js';
import { circuitFromJson, circuitToJson } from '../src/circuit-json.js';
import { multiplicationsOf, squaresOf } from '../src/circuit.js';
import { evaluateCircuit } from '../src/evaluate-circuit.js';
import { lower } from '../src/lower.js';
import { dequantise, quantise, scaleForBits } from '../src/quantise.js';
import { buildNetwork, lcg, networkPlans } from './random-network.js';

describe('lowering', () => {
  it('computes what the layers compute, for any chain of layers', () => {
    fc.assert(
      fc.property(networkPlans, (plan) => {
        const network = buildNetwork(plan);
        fc.pre(network.layers.filter((l) => l.kind === 'square' || l.kind === 'polynomial').length <= 4);
        const features = Float32Array.from({ length: 3 * sizeOf(network.input) }, lcg(plan.seed + 1));
        const expected = evaluateNetwork(network, features);
        const actual = evaluateCircuit(lower(network), features);
        expect(actual.length).toBe(expected.length);
        const range = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
        actual.forEach((value, i) => expect(Math.abs(value - (expected[i] ?? NaN)) / range).toBeLessThan(1e-4));
      }),
      { numRuns: 150 },
    );
  });

  it('keeps the sparsity of a convolution and fuses what follows it', () => {
    const weights = new Float32Array(49 * 4).fill(0.1);
    const dense = new Float32Array(256 * 64).fill(0.1);
    const circuit = lower({
      name: 'reference',
      input: { height: 28, width: 28, channels: 1 },
      layers: [
        {
          kind: 'conv2d',
          name: 'c',
          filters: 4,
          kernel: [7, 7],
          stride: [3, 3],
          padding: 'valid',
          weights,
          bias: new Float32Array(4),
        },
        { kind: 'batchNorm', name: 'b', factor: new Float32Array(4).fill(2), offset: new Float32Array(4) },
        { kind: 'square', name: 's' },
        { kind: 'flatten', name: 'f' },
        { kind: 'dense', name: 'd', units: 64, weights: dense, bias: new Float32Array(64) },
      ],
    });
    expect(squaresOf(circuit)).toBe(1);
    expect(circuit.maps.map(multiplicationsOf)).toEqual([64 * 4 * 49, 256 * 64]);
    expect(circuit.maps[0]?.blocks.length).toBe(64);
  });
});

describe('quantisation', () => {
  it('fits the bits, reaches the largest integer, and errs by at most half a step', () => {
    fc.assert(
      fc.property(networkPlans, fc.integer({ min: 3, max: 10 }), (plan, bits) => {
        const circuit = lower(buildNetwork(plan));
        const scales = circuit.maps.map((map) => scaleForBits(map, bits));
        const quantised = quantise(circuit, scales);
        quantised.maps.forEach((map, m) => {
          map.blocks.forEach((block, b) =>
            block.weights.forEach((weight, i) => {
              expect(Math.abs(weight)).toBeLessThanOrEqual(2 ** (bits - 1) - 1);
              const exact = circuit.maps[m]?.blocks[b]?.weights[i] ?? NaN;
              expect(Math.abs(weight / map.scale - exact)).toBeLessThanOrEqual(0.5 / map.scale + 1e-12);
            }),
          );
        });
      }),
      { numRuns: 50 },
    );
  });

  it('survives JSON, bit for bit', () => {
    fc.assert(
      fc.property(networkPlans, (plan) => {
        const circuit = lower(buildNetwork(plan));
        const quantised = quantise(
          circuit,
          circuit.maps.map((map) => scaleForBits(map, 8)),
        );
        const again = circuitFromJson(JSON.parse(JSON.stringify(circuitToJson(quantised))), 'test');
        expect(again).toEqual(quantised);
        expect(dequantise(again)).toEqual(dequantise(quantised));
      }),
      { numRuns: 50 },
    );
  });
});

describe('a circuit from elsewhere', () => {
  const map = (inputs: number, outputs: number): Record<string, unknown> => ({
    inputs,
    outputs,
    scale: 4,
    bias: Buffer.from(new Float64Array(outputs).buffer).toString('base64'),
    blocks: [
      {
        outputs: Buffer.from(Uint16Array.from({ length: outputs }, (_, i) => i).buffer).toString('base64'),
        inputs: Buffer.from(Uint16Array.from({ length: inputs }, (_, i) => i).buffer).toString('base64'),
        weights: Buffer.from(new Int16Array(inputs * outputs).fill(3).buffer).toString('base64'),
      },
    ],
  });
  const circuit = (...maps: unknown[]): unknown => ({ format: 'ciphernet-circuit', version: 1, name: 'x', maps });
  const withBlock = (change: object): unknown => {
    const good = map(2, 2) as { blocks: object[] };
    return circuit({ ...good, blocks: [{ ...good.blocks[0], ...change }] });
  };
  const words = (...values: number[]): string => Buffer.from(Uint16Array.from(values).buffer).toString('base64');

  it.each([
    ['not an object', 7, /value/],
    ['of another version', { ...(circuit(map(2, 2)) as object), version: 2 }, /version/],
    ['with an unknown field', { ...(circuit(map(2, 2)) as object), more: 1 }, /more/],
    ['whose sizes do not chain', circuit(map(2, 3), map(2, 1)), /map 1 reads 2 values, map 0 makes 3/],
    ['with an index beyond the inputs', withBlock({ inputs: words(0, 9) }), /index 9 is beyond 1/],
    ['with repeated indices', withBlock({ inputs: words(1, 1) }), /not ascending/],
    ['with too few weights', withBlock({ weights: words(1) }), /1 weights for 2×2/],
    ['with a weight beyond the bound', withBlock({ weights: words(512, 0, 0, 0) }), /beyond ±511/],
    ['with an infinite scale', circuit({ ...map(2, 2), scale: Number.POSITIVE_INFINITY }), /scale/],
  ])('%s is refused', (_name, value, message) => {
    expect(() => circuitFromJson(value, 'blob')).toThrow(message);
  });
});

describe('calibration', () => {
  it('finds the gain of input noise that a finite difference finds', () => {
    const network = buildNetwork({
      side: 4,
      channels: 1,
      kinds: ['conv2d', 'square', 'dense', 'square', 'dense'],
      seed: 5,
    });
    const circuit = lower(network);
    const x = Float32Array.from({ length: 16 }, lcg(9));
    const { gains, meanGains, maxAbs } = calibrate(circuit, x);
    const outputs = circuit.maps.at(-1)?.outputs ?? 0;
    const step = 1e-4;
    const norms = new Float64Array(outputs);
    for (let i = 0; i < 16; i++) {
      const up = Float32Array.from(x);
      const down = Float32Array.from(x);
      up[i] = (up[i] ?? 0) + step;
      down[i] = (down[i] ?? 0) - step;
      const width = (up[i] ?? 0) - (down[i] ?? 0);
      const [a, b] = [evaluateCircuit(circuit, up), evaluateCircuit(circuit, down)];
      for (let k = 0; k < outputs; k++) norms[k] = (norms[k] ?? 0) + (((a[k] ?? 0) - (b[k] ?? 0)) / width) ** 2;
    }
    expect(gains[0]).toBeCloseTo(Math.sqrt(Math.max(...norms)), 4);
    expect(meanGains[0]).toBeCloseTo(Math.sqrt(norms.reduce((sum, norm) => sum + norm, 0) / outputs), 4);
    expect([gains.at(-1), meanGains.at(-1)]).toEqual([1, 1]);
    expect(maxAbs.length).toBe(3);
  });

  it('wants at least one whole example', () => {
    const circuit = lower(buildNetwork({ side: 3, channels: 1, kinds: ['dense'], seed: 1 }));
    expect(() => calibrate(circuit, new Float32Array(0))).toThrow(/not examples of 9 features/);
  });
});
