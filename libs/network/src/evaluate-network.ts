import { elementAt } from '@ciphernet/foundation';
import type { Layer } from './layers.js';
import { type Network, shapesOf } from './network.js';
import { type Shape, sizeOf, slide } from './shape.js';

type Windowed = Extract<Layer, { kind: 'conv2d' | 'averagePool' }>;

function evaluateWindowed(layer: Windowed, input: Shape, output: Shape, x: Float32Array, y: Float32Array): void {
  const [kernelHeight, kernelWidth] = layer.kind === 'conv2d' ? layer.kernel : layer.size;
  const top = slide(input.height, kernelHeight, layer.stride[0], layer.padding, layer.name).before;
  const left = slide(input.width, kernelWidth, layer.stride[1], layer.padding, layer.name).before;
  const sums = new Float64Array(output.channels);
  for (let oy = 0; oy < output.height; oy++) {
    for (let ox = 0; ox < output.width; ox++) {
      if (layer.kind === 'conv2d') sums.set(layer.bias);
      else sums.fill(0);
      let elements = 0;
      const firstY = oy * layer.stride[0] - top;
      const firstX = ox * layer.stride[1] - left;
      // From the input's edges, not the window's: a window may be said to be of any size.
      const lastY = Math.min(input.height, firstY + kernelHeight);
      const lastX = Math.min(input.width, firstX + kernelWidth);
      for (let iy = Math.max(0, firstY); iy < lastY; iy++) {
        for (let ix = Math.max(0, firstX); ix < lastX; ix++) {
          const tap = (iy - firstY) * kernelWidth + ix - firstX;
          elements++;
          for (let c = 0; c < input.channels; c++) {
            const value = x[(iy * input.width + ix) * input.channels + c] ?? 0;
            if (layer.kind === 'averagePool') {
              sums[c] = (sums[c] ?? 0) + value;
            } else if (value !== 0) {
              const from = (tap * input.channels + c) * layer.filters;
              for (let f = 0; f < layer.filters; f++) sums[f] = (sums[f] ?? 0) + value * (layer.weights[from + f] ?? 0);
            }
          }
        }
      }
      const divisor = layer.kind === 'averagePool' ? elements : 1;
      const at = (oy * output.width + ox) * output.channels;
      for (let c = 0; c < output.channels; c++) y[at + c] = (sums[c] ?? 0) / divisor;
    }
  }
}

function evaluateLayer(layer: Layer, input: Shape, output: Shape, x: Float32Array): Float32Array {
  const y = layer.kind === 'flatten' ? x : new Float32Array(sizeOf(output));
  switch (layer.kind) {
    case 'conv2d':
    case 'averagePool':
      evaluateWindowed(layer, input, output, x, y);
      return y;
    case 'dense': {
      const sums = Float64Array.from(layer.bias);
      for (let i = 0; i < x.length; i++) {
        const value = x[i] ?? 0;
        if (value === 0) continue;
        const from = i * layer.units;
        for (let u = 0; u < layer.units; u++) sums[u] = (sums[u] ?? 0) + value * (layer.weights[from + u] ?? 0);
      }
      y.set(sums);
      return y;
    }
    case 'batchNorm':
      for (let i = 0; i < x.length; i++) {
        const c = i % input.channels;
        y[i] = (x[i] ?? 0) * (layer.factor[c] ?? 0) + (layer.offset[c] ?? 0);
      }
      return y;
    case 'flatten':
      return y;
    case 'square':
      for (let i = 0; i < x.length; i++) y[i] = (x[i] ?? 0) ** 2;
      return y;
    case 'polynomial':
      for (let i = 0; i < x.length; i++) {
        const value = x[i] ?? 0;
        y[i] = layer.a * value * value + layer.b * value + layer.c;
      }
      return y;
  }
}

/**
 * The float network on images in [0, 1], layer by layer as trained (no lowering): the "base" figure of reports.
 *
 * @param images count × inputs
 * @returns logits, count × outputs
 * @throws InputError when weights and shapes disagree; RangeError unless the images are whole
 */
export function evaluateNetwork(network: Network, images: Float32Array): Float32Array {
  const inputs = sizeOf(network.input);
  const count = images.length / inputs;
  const shapes = shapesOf(network);
  const outputs = sizeOf(shapes.at(-1) ?? network.input);
  const logits = new Float32Array(count * outputs);
  for (let n = 0; n < count; n++) {
    let values: Float32Array = images.subarray(n * inputs, (n + 1) * inputs);
    let shape = network.input;
    network.layers.forEach((layer, i) => {
      const next = elementAt(shapes, i);
      values = evaluateLayer(layer, shape, next, values);
      shape = next;
    });
    logits.set(values, n * outputs);
  }
  return logits;
}
