/** Inner products of columns: AᵀB, m × n row-major. @param a rows × m @param b rows × n */
export function crossProducts(a: Float32Array, b: Float32Array, m: number, n: number): Float64Array {
  const rows = a.length / m;
  const products = new Float64Array(m * n);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < m; i++) {
      const value = a[row * m + i]!;
      if (value === 0) continue;
      const [from, to] = [row * n, i * n];
      for (let j = 0; j < n; j++) products[to + j]! += value * b[from + j]!;
    }
  }
  return products;
}

/** Lower triangle L with A = L Lᵀ, in the place of A's. @param a symmetric, positive definite, n × n */
function factorise(a: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      if (i !== j) a[i * n + j] = sum / a[j * n + j]!;
      else if (sum > 0) a[i * n + i] = Math.sqrt(sum);
      else throw new RangeError('the matrix is not positive definite: raise the ridge');
    }
  }
}

/**
 * Solves (A + λ I) X = B by Cholesky's factors.
 *
 * @param a symmetric, n × n; not changed
 * @param b n × columns; not changed
 * @returns n × columns
 * @throws RangeError where A + λ I is not positive definite
 */
export function solveRidge(a: Float64Array, b: Float64Array, n: number, ridge: number): Float64Array {
  const columns = b.length / n;
  const factors = a.slice();
  for (let i = 0; i < n; i++) factors[i * n + i]! += ridge;
  factorise(factors, n);
  const x = b.slice();
  const eliminate = (i: number, k: number, factor: number): void => {
    const [to, from] = [i * columns, k * columns];
    for (let c = 0; c < columns; c++) x[to + c]! -= factor * x[from + c]!;
  };
  const divide = (i: number): void => {
    const pivot = factors[i * n + i]!;
    for (let c = i * columns; c < (i + 1) * columns; c++) x[c]! /= pivot;
  };
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) eliminate(i, k, factors[i * n + k]!);
    divide(i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) eliminate(i, k, factors[k * n + i]!);
    divide(i);
  }
  return x;
}
