import { elementAt } from '@ciphernet/foundation';
import type { AffineRow } from '../affine.js';
import { type Operator, applyRows, assertTerms, expectThat, inputOf, numberOf } from './call.js';
import { addValues, broadcast, broadcastDims, multiplyValues } from './elementwise.js';
import type { Levels } from './levels.js';
import { reshape, transpose } from './movement.js';
import { refuse } from './refusal.js';
import { type Constant, type Value, constant, sizeOfDims } from './value.js';

/** Columns (or, transposed, rows) of a constant matrix times the rows of a value: one affine row an element. */
function productRows(
  data: { readonly start: number; readonly stride: number },
  weights: Constant,
  from: { readonly start: number; readonly stride: number },
  depth: number,
): AffineRow {
  const inputs: number[] = [];
  const values: number[] = [];
  for (let k = 0; k < depth; k++) {
    inputs.push(data.start + k * data.stride);
    values.push(weights.values[from.start + k * from.stride] ?? 0);
  }
  return { inputs, values, bias: 0 };
}

/** numpy's matmul of a value and a constant, on either side. */
export function matrixProduct(levels: Levels, a: Value, b: Value): Value {
  if (a.kind === 'data' && b.kind === 'data') {
    return refuse(
      'a product of two matrices of data takes too many squares',
      'use a fixed matrix, or one square a value',
    );
  }
  expectThat(a.dims.length > 0 && b.dims.length > 0, 'a number as a matrix');
  const left = a.dims.length === 1 ? reshape(a, [1, ...a.dims]) : a;
  const right = b.dims.length === 1 ? reshape(b, [...b.dims, 1]) : b;
  const [m = 0, depth = 0] = left.dims.slice(-2);
  const [inner = 0, n = 0] = right.dims.slice(-2);
  expectThat(depth === inner, `${left.dims.join('×')} times ${right.dims.join('×')}`);
  const batch = broadcastDims([left.dims.slice(0, -2), right.dims.slice(0, -2), []]);
  const count = sizeOfDims(batch);
  assertTerms(count * m * n * depth, [...batch, m, n]);
  const x = broadcast(left, [...batch, m, depth]);
  const y = broadcast(right, [...batch, depth, n]);
  const rows: AffineRow[] = [];
  for (let i = 0; i < count; i++) {
    for (let r = 0; r < m; r++) {
      for (let c = 0; c < n; c++) {
        const row = { start: (i * m + r) * depth, stride: 1 };
        const column = { start: i * depth * n + c, stride: n };
        rows.push(
          y.kind === 'constant' ? productRows(row, y, column, depth) : productRows(column, x as Constant, row, depth),
        );
      }
    }
  }
  const dims = [...batch, ...(a.dims.length === 1 ? [] : [m]), ...(b.dims.length === 1 ? [] : [n])];
  return applyRows(levels, y.kind === 'constant' ? x : y, dims, rows);
}

const matMul: Operator = (call) => [matrixProduct(call.levels, inputOf(call, 0), inputOf(call, 1))];

/** alpha · A·B + beta · C. */
const gemm: Operator = (call) => {
  const { levels } = call;
  const matrix = (index: number, flag: string): Value => {
    const value = inputOf(call, index);
    expectThat(value.dims.length === 2, `shape ${value.dims.join('×')}`);
    return numberOf(call, flag, 0) === 0 ? value : transpose(value, [1, 0]);
  };
  const alpha = numberOf(call, 'alpha', 1);
  const beta = numberOf(call, 'beta', 1);
  const scaled = (value: Value, factor: number): Value =>
    factor === 1 ? value : multiplyValues(levels, value, constant([], [factor]));
  const product = scaled(matrixProduct(levels, matrix(0, 'transA'), matrix(1, 'transB')), alpha);
  const shift = call.inputs[2];
  if (shift === undefined || beta === 0) return [product];
  const sum = addValues(levels, product, scaled(shift, beta), 1);
  expectThat(elementAt(sum.dims, 0) === elementAt(product.dims, 0), 'a bias of more examples');
  return [sum];
};

export const MATRICES: Readonly<Record<string, Operator>> = {
  MatMul: matMul,
  Gemm: gemm,
};
