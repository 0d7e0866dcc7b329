import { type Network, evaluateNetwork } from '@ciphernet/network';
import { describe, expect, it } from '@jest/globals';
import { lower } from '../src/lower.js';

const pooling = (size: number): Network['layers'][number] => ({
  kind: 'averagePool',
  name: 'pool',
  size: [size, size],
  stride: [1, 1],
  padding: 'same',
});

describe('the work that a model can ask for', () => {
  it('does not grow with a pooling window that is said to be a billion wide: it is the mean of what exists', () => {
    const network: Network = { name: 'wide', input: { height: 6, width: 6, channels: 1 }, layers: [pooling(1e9)] };
    const x = Float32Array.from({ length: 36 }, (_, i) => i);
    const started = performance.now();
    const { maps } = lower(network);
    expect(maps[0]?.blocks.flatMap(({ inputs }) => inputs.length)).toEqual([36]);
    expect([...evaluateNetwork(network, x)].every((value) => Math.abs(value - 17.5) < 1e-5)).toBe(true);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it.each<[string, Network]>([
    [
      '150 poolings',
      {
        name: 'deep',
        input: { height: 28, width: 28, channels: 1 },
        layers: Array.from({ length: 150 }, () => pooling(3)),
      },
    ],
    [
      'an image of a billion values',
      { name: 'big', input: { height: 32768, width: 32768, channels: 1 }, layers: [pooling(3)] },
    ],
  ])('is refused before it begins: %s', (_name, network) => {
    expect(() => lower(network)).toThrow(/layers of up to .* values can be evaluated/);
  });

  it('is refused where layers compose to more products than any network of sense has', () => {
    const layers = [pooling(101), pooling(101)];
    const network: Network = { name: 'heavy', input: { height: 100, width: 100, channels: 1 }, layers };
    expect(() => lower(network)).toThrow(/linear layers that compose to .* products/);
  });
});
