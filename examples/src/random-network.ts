import type { Network } from '@ciphernet/network';
import { gaussian } from '@ciphernet/training';

/** Weights of a layer with `fanIn` inputs a unit: variance 1 / fanIn, so that values keep their size. */
function weights(length: number, fanIn: number, seed: number): Float32Array {
  const normal = gaussian(seed, 'weights');
  return Float32Array.from({ length }, () => normal() / Math.sqrt(fanIn));
}

/** An untrained convolutional network with two squares on images of side × side pixels. */
export function randomNetwork(side: number, filters: number, units: number, classes: number): Network {
  const kernel = 3;
  const windows = Math.floor((side - kernel) / 2) + 1;
  const flat = windows * windows * filters;
  return {
    name: `random ${side}×${side}`,
    input: { height: side, width: side, channels: 1 },
    layers: [
      {
        kind: 'conv2d',
        name: 'conv',
        filters,
        kernel: [kernel, kernel],
        stride: [2, 2],
        padding: 'valid',
        weights: weights(kernel * kernel * filters, kernel * kernel, 1),
        bias: new Float32Array(filters),
      },
      { kind: 'square', name: 'square 1' },
      { kind: 'flatten', name: 'flatten' },
      { kind: 'dense', name: 'hidden', units, weights: weights(flat * units, flat, 2), bias: new Float32Array(units) },
      { kind: 'square', name: 'square 2' },
      {
        kind: 'dense',
        name: 'logits',
        units: classes,
        weights: weights(units * classes, units, 3),
        bias: new Float32Array(classes),
      },
    ],
  };
}

/** `count` random examples of side × side values in [0, 1], as a model's features. */
export function randomFeatures(count: number, side: number, seed: number): Float32Array {
  const normal = gaussian(seed, 'features');
  return Float32Array.from({ length: count * side * side }, () => Math.min(1, Math.abs(normal()) / 3));
}
