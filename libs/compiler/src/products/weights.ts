import { elementAt } from '@ciphernet/foundation';
import type { ProductLayout } from './layout.js';
import type { QuadraticForms } from './quadratic-form.js';

/**
 * The plaintext polynomial of one pair of chunks and one output: integers q at X^−(i + c·j), which is −q at X^(N − i − c·j) but at X^0.
 *
 * @returns N integers, as doubles
 */
export function weightPolynomial(
  { width, forms }: QuadraticForms,
  output: number,
  pair: readonly [number, number],
  { ringDegree, chunk }: ProductLayout,
  weightScale: number,
): Float64Array {
  const form = elementAt(forms, output);
  const [a, b] = pair;
  // Both orders of a pair of chunks are one product.
  const factor = a === b ? weightScale : 2 * weightScale;
  const polynomial = new Float64Array(ringDegree);
  for (let i = 0; i < chunk; i++) {
    const row = a * chunk + i;
    for (let j = 0; j < chunk; j++) {
      const column = b * chunk + j;
      if (row >= width || column >= width) continue;
      const value = Math.round(factor * elementAt(form, row * width + column));
      const exponent = i + chunk * j;
      if (exponent === 0) polynomial[0] = value;
      else polynomial[ringDegree - exponent] = -value;
    }
  }
  return polynomial;
}
