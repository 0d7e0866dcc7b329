import { elementAt } from '@ciphernet/foundation';
import type { AffineRow } from '../affine.js';

/** factor · row + offset. */
export function scaleRow(row: AffineRow, factor: number, offset = 0): AffineRow {
  if (factor === 1 && offset === 0) return row;
  const bias = row.bias * factor + offset;
  if (factor === 1) return { inputs: row.inputs, values: row.values, bias };
  if (factor === 0) return { inputs: [], values: [], bias };
  return { inputs: row.inputs, values: row.values.map((value) => value * factor), bias };
}

function sameInputs(a: AffineRow, b: AffineRow): boolean {
  if (a.inputs === b.inputs) return true;
  return a.inputs.length === b.inputs.length && a.inputs.every((input, i) => input === b.inputs[i]);
}

/** a + factor · b. */
export function addRows(a: AffineRow, b: AffineRow, factor = 1): AffineRow {
  const bias = a.bias + factor * b.bias;
  if (b.inputs.length === 0 || factor === 0) return { inputs: a.inputs, values: a.values, bias };
  if (sameInputs(a, b)) {
    return { inputs: a.inputs, values: a.values.map((value, i) => value + factor * elementAt(b.values, i)), bias };
  }
  const inputs: number[] = [];
  const values: number[] = [];
  for (let i = 0, j = 0; i < a.inputs.length || j < b.inputs.length;) {
    const left = a.inputs[i] ?? Infinity;
    const right = b.inputs[j] ?? Infinity;
    let value = 0;
    if (left <= right) value += elementAt(a.values, i++);
    if (right <= left) value += factor * elementAt(b.values, j++);
    inputs.push(Math.min(left, right));
    values.push(value);
  }
  return { inputs, values, bias };
}

/** Rounding of a few products of doubles; two rows that differ by more are not multiples of each other. */
const TOLERANCE = 1e-12;

/**
 * α and β with b = α·a + β, or undefined when b is no such multiple. Rows without inputs are constants and have α = 0.
 *
 * @param a a row with at least one input whose weight is not 0
 */
export function multipleOf(
  b: AffineRow,
  a: AffineRow,
): { readonly factor: number; readonly offset: number } | undefined {
  if (b.inputs.length === 0) return { factor: 0, offset: b.bias };
  if (!sameInputs(a, b)) return undefined;
  let largest = 0;
  a.values.forEach((value, i) => {
    if (Math.abs(value) > Math.abs(a.values[largest] ?? 0)) largest = i;
  });
  const factor = elementAt(b.values, largest) / elementAt(a.values, largest);
  if (!Number.isFinite(factor)) return undefined;
  const bound = TOLERANCE * Math.max(Math.abs(elementAt(b.values, largest)), Number.MIN_VALUE);
  const fits = b.values.every((value, i) => Math.abs(value - factor * elementAt(a.values, i)) <= bound);
  return fits ? { factor, offset: b.bias - factor * a.bias } : undefined;
}
