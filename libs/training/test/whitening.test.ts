import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { centringBasis } from '../src/centring.js';
import { stream } from '../src/random.js';
import { initialWeights } from '../src/step.js';
import { describeNetwork } from '../src/topology.js';
import { inverseSquareRoot, whiteningBasis } from '../src/whitening.js';

const network = describeNetwork({
  input: { height: 8, width: 8, channels: 2 },
  layers: [
    { kind: 'conv2d', filters: 3, kernel: [3, 2], stride: [2, 2], padding: 'valid' },
    { kind: 'square' },
    { kind: 'flatten' },
    { kind: 'dense', units: 2 },
  ],
});
const INPUTS = 3 * 2 * 2;

/** Smooth images, far from mean 0: what whitening is for. */
function writeSmooth(sample: number, inputs: Float32Array): void {
  const random = stream(sample, 'smooth', 0);
  let value = random.uniform();
  for (let i = 0; i < inputs.length; i++) inputs[i] = value = 0.9 * value + 0.1 * random.uniform() + 0.05;
}

/** The first layer's outputs at its first position, for patch inputs of any kind. */
function respond(weights: Float32Array, patch: ArrayLike<number>): number[] {
  const kernel = network.slots[0]!;
  const bias = network.slots[1]!;
  return Array.from({ length: 3 }, (_, f) => {
    let sum = weights[bias.offset + f]!;
    for (let i = 0; i < INPUTS; i++) sum += patch[i]! * weights[kernel.offset + i * 3 + f]!;
    return sum;
  });
}

describe('the inverse square root', () => {
  it('of a symmetric positive matrix gives the identity from both sides', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer(), (size, seed) => {
        const random = stream(seed, 'matrix', 0);
        const root = Float64Array.from({ length: size * size }, () => random.normal());
        const at = (m: Float64Array, i: number, j: number): number => m[i * size + j]!;
        const product = (a: Float64Array, b: Float64Array): Float64Array =>
          Float64Array.from({ length: size * size }, (_, n) => {
            let sum = 0;
            for (let k = 0; k < size; k++) sum += at(a, Math.floor(n / size), k) * at(b, k, n % size);
            return sum;
          });
        const transposed = Float64Array.from(root, (_, n) => at(root, n % size, Math.floor(n / size)));
        const matrix = product(root, transposed);
        for (let i = 0; i < size; i++) matrix[i * size + i]! += 0.5;
        const inverse = inverseSquareRoot(matrix, size);
        product(product(inverse, matrix), inverse).forEach((value, n) => {
          expect(value).toBeCloseTo(n % (size + 1) === 0 ? 1 : 0, 6);
        });
      }),
      { numRuns: 30 },
    );
  });
});

describe('the whitening basis', () => {
  const basis = whiteningBasis(network, 500, writeSmooth)!;

  it('makes a layer see inputs of mean 0 and of variance at most 1 in every direction', () => {
    const weights = initialWeights(network, 1);
    const plain = basis.toPlain(weights);
    const image = new Float32Array(8 * 8 * 2);
    const sums = [0, 0, 0];
    const squares = [0, 0, 0];
    let patches = 0;
    for (let sample = 0; sample < 500; sample++) {
      writeSmooth(sample, image);
      for (let y = 0; y + 3 <= 8; y += 2) {
        for (let x = 0; x + 2 <= 8; x += 2) {
          const rows = [0, 1, 2].map((row) => ((y + row) * 8 + x) * 2);
          const patch = rows.flatMap((at) => [...image.subarray(at, at + 4)]);
          patches++;
          respond(plain, patch).forEach((value, f) => {
            sums[f]! += value;
            squares[f]! += value ** 2;
          });
        }
      }
    }
    for (const f of [0, 1, 2]) {
      const kernel = Array.from({ length: INPUTS }, (_, i) => weights[network.slots[0]!.offset + i * 3 + f]!);
      const norm = kernel.reduce((sum, value) => sum + value * value, 0);
      expect(sums[f]! / patches).toBeCloseTo(0, 3);
      expect(squares[f]! / patches).toBeLessThanOrEqual(norm);
      expect(squares[f]! / patches).toBeGreaterThan(norm / 1000);
    }
  });

  it('pulls gradients back as the chain rule has it', () => {
    const weights = initialWeights(network, 2);
    const random = stream(5, 'direction', 0);
    // A linear function of the plain weights: its gradient is constant, so a difference is exact.
    const plainGradient = Float32Array.from({ length: network.trainedSize }, () => random.normal());
    const value = (w: Float32Array): number =>
      basis.toPlain(w).reduce((sum, weight, i) => sum + weight * (plainGradient[i] ?? 0), 0);
    const pulled = plainGradient.slice();
    basis.pullBack(pulled);
    for (const at of [0, 7, 35, 36, 38, 40]) {
      const moved = weights.slice();
      moved[at]! += 1;
      expect(value(moved) - value(weights)).toBeCloseTo(pulled[at]!, 2);
    }
  });

  it('is not there for a network that does not start with an unpadded convolution', () => {
    const dense = describeNetwork({
      input: { height: 2, width: 2, channels: 1 },
      layers: [{ kind: 'flatten' }, { kind: 'dense', units: 2 }],
    });
    expect(whiteningBasis(dense, 5, writeSmooth)).toBeUndefined();
  });

  it('survives a dataset of constant images', () => {
    const flat = whiteningBasis(network, 5, (_, inputs) => inputs.fill(0.5))!;
    expect([...flat.toPlain(initialWeights(network, 1))].every(Number.isFinite)).toBe(true);
  });
});

describe('the centring basis', () => {
  const dense = describeNetwork({
    input: { height: 3, width: 2, channels: 1 },
    layers: [{ kind: 'flatten' }, { kind: 'dense', units: 2 }, { kind: 'square' }, { kind: 'dense', units: 2 }],
  });
  const basis = centringBasis(dense, 500, writeSmooth)!;
  const [kernel, bias] = [dense.slots[0]!, dense.slots[1]!];

  it('makes a dense layer see inputs of mean 0 and of mean variance 1', () => {
    const inputs = new Float32Array(6);
    let squares = 0;
    // One input of the layer after the other, by a kernel that picks it.
    for (let input = 0; input < 6; input++) {
      const weights = new Float32Array(dense.size);
      weights[kernel.offset + 2 * input] = 1;
      const plain = basis.toPlain(weights);
      const seen = Array.from({ length: 500 }, (_, sample) => {
        writeSmooth(sample, inputs);
        return inputs.reduce((sum, value, i) => sum + value * plain[kernel.offset + 2 * i]!, plain[bias.offset]!);
      });
      expect(seen.reduce((sum, value) => sum + value, 0) / 500).toBeCloseTo(0, 4);
      squares += seen.reduce((sum, value) => sum + value ** 2, 0) / 500;
    }
    expect(squares / 6).toBeCloseTo(1, 3);
  });

  it('pulls gradients back as the chain rule has it', () => {
    const random = stream(5, 'direction', 0);
    const weights = initialWeights(dense, 2);
    const plainGradient = Float32Array.from({ length: dense.trainedSize }, () => random.normal());
    const value = (w: Float32Array): number =>
      basis.toPlain(w).reduce((sum, weight, i) => sum + weight * (plainGradient[i] ?? 0), 0);
    const pulled = plainGradient.slice();
    basis.pullBack(pulled);
    for (let at = 0; at < dense.trainedSize; at++) {
      const moved = weights.slice();
      moved[at]! += 1;
      expect(value(moved) - value(weights)).toBeCloseTo(pulled[at]!, 2);
    }
  });

  it('is not there for a network that starts otherwise, and survives constant images', () => {
    expect(centringBasis(network, 5, writeSmooth)).toBeUndefined();
    const flat = centringBasis(dense, 5, (_, inputs) => inputs.fill(0.5))!;
    expect([...flat.toPlain(initialWeights(dense, 1))].every(Number.isFinite)).toBe(true);
  });
});
