import { describe, expect, it } from '@jest/globals';
import type { Circuit, LinearMap } from '../src/circuit.js';
import { evaluateCircuit } from '../src/evaluate-circuit.js';
import { productCoefficients, productLayout } from '../src/products/layout.js';
import { planProducts } from '../src/products/plan-products.js';
import { quadraticForms } from '../src/products/quadratic-form.js';
import { weightPolynomial } from '../src/products/weights.js';

/** Deterministic numbers in ±1. */
function numbers(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function dense(inputs: number, outputs: number, seed: number): LinearMap {
  const all = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const block = { outputs: all(outputs), inputs: all(inputs), weights: numbers(inputs * outputs, seed) };
  return { inputs, outputs, blocks: [block], bias: numbers(outputs, seed + 1) };
}

const circuit: Circuit = { name: 'small', maps: [dense(21, 5, 1), dense(5, 3, 2)] };
const features = Float32Array.from(numbers(21, 3));

/** Product in Z[X]/(X^N + 1), coefficient of X^0 alone. */
function constantOf(x: Float64Array, y: Float64Array): number {
  let sum = x[0]! * y[0]!;
  for (let i = 1; i < x.length; i++) sum -= x[i]! * y[y.length - i]!;
  return sum;
}

function multiply(x: Float64Array, y: Float64Array): Float64Array {
  const product = new Float64Array(x.length);
  x.forEach((a, i) =>
    y.forEach((b, j) => {
      const at = (i + j) % x.length;
      product[at] = product[at]! + (i + j < x.length ? a * b : -a * b);
    }),
  );
  return product;
}

describe('the packing of single examples', () => {
  it('has a network’s outputs as constant coefficients of sums of products, in the clear', () => {
    const layout = productLayout(21, 64);
    expect(layout).toMatchObject({ chunk: 8, chunks: 3 });
    const ciphertexts = 2 * layout.chunks;
    const rows = productCoefficients(features, layout);
    const polynomial = (c: number): Float64Array =>
      Float64Array.from({ length: 64 }, (_, i) => rows[i * ciphertexts + c]!);
    const forms = quadraticForms(circuit);
    const scale = 2 ** 20;
    const outputs = forms.forms.map((_, output) => {
      const sum = layout.pairs.reduce((before, pair) => {
        const [a, b] = pair;
        const product = multiply(polynomial(a), polynomial(layout.chunks + b));
        return before + constantOf(product, weightPolynomial(forms, output, pair, layout, scale));
      }, 0);
      return sum / scale + forms.constants[output]!;
    });
    const expected = evaluateCircuit(circuit, features);
    outputs.forEach((output, k) => expect(output).toBeCloseTo(expected[k]!, 3));
  });

  it('wraps no product of two features: exponents stay below the degree', () => {
    const layout = productLayout(784, 4096);
    expect(layout).toMatchObject({ chunk: 64, chunks: 13 });
    expect(layout.pairs).toHaveLength(91);
    expect(layout.chunk - 1 + layout.chunk * (layout.chunk - 1)).toBe(4095);
  });

  it('is refused for networks with another number of squares, naming the other packing', () => {
    const deep = { name: 'deep', maps: [dense(4, 3, 1), dense(3, 3, 2), dense(3, 2, 3)] };
    expect(() => quadraticForms(deep)).toThrow(/one square, this has 2 .*--packing slots/);
  });

  it('is refused where outputs are too large for its modulus', () => {
    const calibration = { maxAbs: [1, 2 ** 20], gains: [1, 1, 1], meanGains: [1, 1, 1], examples: 1 };
    expect(() => planProducts(calibration, 'public', 'model')).toThrow(/outputs of up to .* leave a scale/);
    expect(planProducts({ ...calibration, maxAbs: [1, 60] }, 'public', 'model')).toMatchObject({ inputScale: 2 ** 19 });
  });
});
