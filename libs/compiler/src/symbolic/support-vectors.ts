import { elementAt } from '@ciphernet/foundation';
import {
  type Call,
  type Operator,
  applyRows,
  assertTerms,
  expectThat,
  inputOf,
  numbersOf,
  numberOf,
  textOf,
  textsOf,
} from './call.js';
import { symmetricEigen } from './eigen.js';
import { affineData } from './elementwise.js';
import { squareData } from './levels.js';
import { refuse } from './refusal.js';
import type { AffineRow } from '../affine.js';
import type { Data, Value } from './value.js';

/** Σ α_i K(s_i, x) + shift of support vectors s_i. */
interface Machine {
  readonly alphas: readonly number[];
  /** alphas.length × features, row-major. */
  readonly vectors: readonly number[];
  readonly features: number;
  readonly shift: number;
}

/** Jacobi rotations take time that grows with the third power; larger forms keep a square for each support vector. */
const MOST_EIGEN = 256;
/** Eigenvalues below this share of the largest are rounding errors. */
const NEGLIGIBLE = 1e-12;

function dataInput(call: Call): Data {
  const value = inputOf(call, 0);
  expectThat(value.kind === 'data', 'a constant as its input');
  return value;
}

/** Σ α_i s_i, the weights of a linear kernel. */
function linearWeights({ alphas, vectors, features }: Machine): number[] {
  const weights = new Array<number>(features).fill(0);
  alphas.forEach((alpha, i) => {
    for (let f = 0; f < features; f++) weights[f] = (weights[f] ?? 0) + alpha * (vectors[i * features + f] ?? 0);
  });
  return weights;
}

/**
 * Squares of a polynomial kernel of degree 2: Σ α_i (γ s_i·x + c)² is z'Qz with z = (x, 1) and Q = Σ α_i t_i t_i',
 * t_i = (γ s_i, c), hence Σ λ_k (v_k·z)² with Q's eigenvalues and eigenvectors: as many squares as features, and one.
 * With fewer support vectors, or very many features, a square each of them is the shorter or quicker form.
 */
function quadraticForm(machine: Machine, gamma: number, offset: number): { rows: AffineRow[]; factors: number[] } {
  const { alphas, vectors, features } = machine;
  const size = features + 1;
  const inputs = Array.from({ length: features }, (_, f) => f);
  if (alphas.length <= size || size > MOST_EIGEN) {
    return {
      rows: alphas.map((_, i) => ({
        inputs,
        values: inputs.map((f) => gamma * elementAt(vectors, i * features + f)),
        bias: offset,
      })),
      factors: [...alphas],
    };
  }
  const form = Array.from({ length: size }, () => new Float64Array(size));
  alphas.forEach((alpha, i) => {
    const t = [...inputs.map((f) => gamma * elementAt(vectors, i * features + f)), offset];
    form.forEach((row, a) => {
      for (let b = 0; b < size; b++) row[b] = (row[b] ?? 0) + alpha * (t[a] ?? 0) * (t[b] ?? 0);
    });
  });
  const { values, vectors: directions } = symmetricEigen(form);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const kept = Array.from(values.keys()).filter((k) => Math.abs(values[k] ?? 0) > NEGLIGIBLE * largest);
  return {
    rows: kept.map((k) => {
      const direction = elementAt(directions, k);
      return { inputs, values: inputs.map((f) => direction[f] ?? 0), bias: direction[features] ?? 0 };
    }),
    factors: kept.map((k) => values[k] ?? 0),
  };
}

/** The machine's value for each example, 1 × 1. */
function evaluate(call: Call, machine: Machine): Value {
  const value = dataInput(call);
  const { features } = machine;
  expectThat(value.rows.length === features, `${value.rows.length} features for ${features} of its support vectors`);
  const kernel = textOf(call, 'kernel_type', 'LINEAR');
  const [gamma = 0, offset = 0, degree = 0] = numbersOf(call, 'kernel_params');
  const dims = [1, 1];
  const inputs = Array.from({ length: features }, (_, f) => f);
  if (kernel === 'LINEAR' || (kernel === 'POLY' && degree === 1)) {
    const [scale, shift] = kernel === 'LINEAR' ? [1, 0] : [gamma, offset];
    const values = linearWeights(machine).map((weight) => scale * weight);
    const bias = machine.shift + shift * machine.alphas.reduce((sum, alpha) => sum + alpha, 0);
    return applyRows(call.levels, value, dims, [{ inputs, values, bias }]);
  }
  if (kernel === 'POLY' && degree === 2) {
    const { rows, factors } = quadraticForm(machine, gamma, offset);
    assertTerms(rows.length * features, [rows.length]);
    const squared = squareData(call.levels, applyRows(call.levels, value, [1, rows.length], rows) as Data);
    const all = rows.map((_, i) => i);
    return applyRows(call.levels, squared, dims, [{ inputs: all, values: factors, bias: machine.shift }]);
  }
  if (kernel === 'POLY') return refuse(`a polynomial kernel of degree ${degree}`, 'use degree 2, or distil it');
  return refuse(
    `a kernel of type ${kernel.toLowerCase()}: compares or exponentiates data`,
    'use a polynomial kernel of degree 2, or distil it into a network of squares',
  );
}

function machineOf(call: Call, alphas: readonly number[], count: number, shift: number): Machine {
  const vectors = numbersOf(call, 'support_vectors');
  const features = vectors.length / count;
  expectThat(
    Number.isInteger(features) && features >= 1 && alphas.length === count,
    `${alphas.length} coefficients for ${count} support vectors of ${vectors.length} values`,
  );
  return { alphas, vectors, features, shift };
}

const regressor: Operator = (call) => {
  if (numberOf(call, 'one_class', 0) !== 0) {
    refuse('a one-class machine compares data', 'export its decision function');
  }
  const coefficients = numbersOf(call, 'coefficients');
  const [shift = 0] = numbersOf(call, 'rho');
  const count = numberOf(call, 'n_supports', 0);
  if (count > 0) return [evaluate(call, machineOf(call, coefficients, count, shift))];
  const value = dataInput(call);
  expectThat(value.rows.length === coefficients.length, `${coefficients.length} coefficients`);
  const inputs = coefficients.map((_, i) => i);
  return [applyRows(call.levels, value, [1, 1], [{ inputs, values: coefficients, bias: shift }])];
};

/** How many classes a classifier of ai.onnx.ml has. */
export function classCount(call: Call): number {
  return Math.max(textsOf(call, 'classlabels_strings').length, numbersOf(call, 'classlabels_ints').length);
}

/**
 * One score a pair of classes in ONNX; of two classes that is one number, which is positive for the FIRST class (as
 * libsvm has it), and negated here. With Platt's probabilities (prob_a, prob_b) it is their logit.
 */
const classifier: Operator = (call) => {
  const classes = classCount(call);
  const perClass = numbersOf(call, 'vectors_per_class');
  const count = perClass.reduce((sum, n) => sum + n, 0);
  const coefficients = numbersOf(call, 'coefficients');
  const rho = numbersOf(call, 'rho');
  if (count === 0) {
    const value = dataInput(call);
    const features = value.rows.length;
    expectThat(coefficients.length === classes * features && classes >= 1, `${coefficients.length} coefficients`);
    const inputs = value.rows.map((_, i) => i);
    const rows = Array.from({ length: classes }, (_, c) => ({
      inputs,
      values: inputs.map((i) => elementAt(coefficients, c * features + i)),
      bias: rho[0] ?? 0,
    }));
    return [undefined, applyRows(call.levels, value, [1, classes], rows)];
  }
  if (classes !== 2) {
    return refuse(
      `a machine of ${classes} classes counts votes of pairs: compares data`,
      'train one machine a class (one-vs-rest), or distil it',
    );
  }
  const decision = evaluate(call, machineOf(call, coefficients, count, rho[0] ?? 0)) as Data;
  const [a, b] = [numbersOf(call, 'prob_a')[0], numbersOf(call, 'prob_b')[0]];
  // Platt: p(first) = 1 / (1 + exp(a·f + b)), so the logit of the second class is a·f + b.
  const [factor, offset] = a === undefined || b === undefined ? [-1, 0] : [a, b];
  return [
    undefined,
    affineData(
      decision,
      () => factor,
      () => offset,
    ),
  ];
};

export const SUPPORT_VECTORS: Readonly<Record<string, Operator>> = {
  SVMClassifier: classifier,
  SVMRegressor: regressor,
};
