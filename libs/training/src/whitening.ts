import type { Conv2dTopology } from '@ciphernet/network';
import { type TrainableNetwork, slotOf } from './topology.js';

/**
 * Another basis for the weights of the first layer: the optimiser sees a layer on whitened inputs z = W (x - m), the
 * network stays one on plain inputs. With kernel K and bias b in that basis, the plain ones are W K and b - (W K)ᵀ m.
 *
 * A square needs inputs of mean 0 and like variance much more than a ReLU does: the mean of an image's pixels would
 * otherwise dominate every square. Adam then also moves edges as fast as areas (LeCun et al., Efficient BackProp,
 * 1998, section 4.3). Nothing of it is left in the exported model.
 */
export interface WeightBasis {
  /** Part of a checkpoint's identity: its weights are in this basis. */
  readonly name: 'whitened' | 'centred';
  /** The network's weights in the plain basis, as a copy. */
  toPlain(weights: Float32Array): Float32Array;
  /** Turns the gradient by plain weights into that by the weights of this basis, in place. */
  pullBack(gradient: Float32Array): void;
}

/** Images that the statistics are taken from: 1,000 give 64,000 patches of the default network. */
const SAMPLE = 1000;
/**
 * Added to the covariance's diagonal, as a share of its mean: directions with less variance are noise, which must not
 * be amplified. Chosen on the validation part.
 */
const FLOOR = 0.2;
/** Newton–Schulz steps for the inverse square root; the floor bounds the condition at 49/0.2, which needs about 15. */
const STEPS = 30;

/** The whitening basis of a network that starts with an unpadded convolution; undefined for others. */
export function whiteningBasis(
  network: TrainableNetwork,
  count: number,
  write: (sample: number, inputs: Float32Array) => void,
): WeightBasis | undefined {
  const first = network.layers[0];
  if (first?.kind !== 'conv2d' || first.padding !== 'valid') return undefined;
  const { mean, covariance } = patchStatistics(network, first, count, write);
  return basisOf(network, mean, inverseSquareRoot(covariance, mean.length));
}

function patchStatistics(
  network: TrainableNetwork,
  layer: Conv2dTopology,
  count: number,
  write: (sample: number, inputs: Float32Array) => void,
): { mean: Float64Array; covariance: Float64Array } {
  const { height, width, channels } = network.input;
  const [rows, columns] = layer.kernel;
  const [down, right] = layer.stride;
  const size = rows * columns * channels;
  const image = new Float32Array(height * width * channels);
  const patch = new Float64Array(size);
  const mean = new Float64Array(size);
  const covariance = new Float64Array(size * size);
  let patches = 0;
  for (let sample = 0; sample < Math.min(SAMPLE, count); sample++) {
    write(sample, image);
    for (let y = 0; y + rows <= height; y += down) {
      for (let x = 0; x + columns <= width; x += right) {
        for (let i = 0, at = 0; i < rows; i++) {
          const from = ((y + i) * width + x) * channels;
          for (let j = 0; j < columns * channels; j++) patch[at++] = image[from + j]!;
        }
        patches++;
        for (let i = 0; i < size; i++) {
          mean[i]! += patch[i]!;
          for (let j = 0; j <= i; j++) covariance[i * size + j]! += patch[i]! * patch[j]!;
        }
      }
    }
  }
  for (let i = 0; i < size; i++) mean[i]! /= patches;
  let trace = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const value = covariance[i * size + j]! / patches - mean[i]! * mean[j]!;
      covariance[i * size + j] = value;
      covariance[j * size + i] = value;
    }
    trace += covariance[i * size + i]!;
  }
  // An all-constant dataset has no variance at all: then the basis is the plain one, scaled.
  const floor = trace > 0 ? (FLOOR * trace) / size : 1;
  for (let i = 0; i < size; i++) covariance[i * size + i]! += floor;
  return { mean, covariance };
}

/** C^(-1/2) of a symmetric positive matrix (Higham, Functions of Matrices, 2008, equation 6.35: coupled Newton–Schulz). */
export function inverseSquareRoot(matrix: Float64Array, size: number): Float64Array<ArrayBuffer> {
  // Scaled by the trace all eigenvalues lie in (0, 1], where the iteration converges.
  let trace = 0;
  for (let i = 0; i < size; i++) trace += matrix[i * size + i]!;
  let y = Float64Array.from(matrix, (value) => value / trace);
  let z = identity(size);
  for (let step = 0; step < STEPS; step++) {
    const t = multiply(z, y, size);
    for (let i = 0; i < t.length; i++) t[i] = -t[i]! / 2;
    for (let i = 0; i < size; i++) t[i * size + i]! += 1.5;
    y = multiply(y, t, size);
    z = multiply(t, z, size);
  }
  return z.map((value) => value / Math.sqrt(trace));
}

function identity(size: number): Float64Array<ArrayBuffer> {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1;
  return matrix;
}

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const factor = a[i * size + k]!;
      for (let j = 0; j < size; j++) product[i * size + j]! += factor * b[k * size + j]!;
    }
  }
  return product;
}

function basisOf(network: TrainableNetwork, mean: Float64Array, whitening: Float64Array): WeightBasis {
  const kernel = slotOf(network, 0, 'kernel');
  const bias = slotOf(network, 0, 'bias');
  const inputs = mean.length;
  const filters = bias.size;
  /** W times a kernel [inputs, filters]; W is symmetric, so it is its own transpose. */
  const apply = (source: Float32Array): Float64Array => {
    const result = new Float64Array(inputs * filters);
    for (let i = 0; i < inputs; i++) {
      for (let k = 0; k < inputs; k++) {
        const factor = whitening[i * inputs + k]!;
        const from = kernel.offset + k * filters;
        for (let f = 0; f < filters; f++) result[i * filters + f]! += factor * source[from + f]!;
      }
    }
    return result;
  };
  return {
    name: 'whitened',
    toPlain(weights) {
      const plain = weights.slice();
      const result = apply(weights);
      plain.set(result, kernel.offset);
      for (let f = 0; f < filters; f++) {
        let shift = 0;
        for (let i = 0; i < inputs; i++) shift += result[i * filters + f]! * mean[i]!;
        plain[bias.offset + f]! -= shift;
      }
      return plain;
    },
    pullBack(gradient) {
      for (let i = 0; i < inputs; i++) {
        const at = kernel.offset + i * filters;
        for (let f = 0; f < filters; f++) gradient[at + f]! -= mean[i]! * gradient[bias.offset + f]!;
      }
      gradient.set(apply(gradient), kernel.offset);
    },
  };
}
