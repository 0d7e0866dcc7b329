/** Eigenvalues of a symmetric matrix and its orthonormal eigenvectors, `vectors[k]` of `values[k]`, in no order. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: readonly Float64Array[];
}

/** Sweeps converge quadratically; a matrix of any size here takes fewer than ten. */
const MOST_SWEEPS = 50;

/** Off-diagonal weight, relative to the whole, at which a sweep would only turn rounding errors. */
const ENOUGH = 1e-30;

/**
 * Cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, 8.5): slow, short, and accurate to the last bits.
 *
 * @param matrix n rows of n values; only read
 */
export function symmetricEigen(matrix: readonly Float64Array[]): Eigen {
  const n = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  const v = matrix.map((_, i) => Float64Array.from({ length: n }, (_unused, j) => (i === j ? 1 : 0)));
  const total = a.reduce((sum, row) => sum + row.reduce((s, x) => s + x * x, 0), 0);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += 2 * (a[p]?.[q] ?? 0) ** 2;
    if (off <= ENOUGH * total) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, p, q);
  }
  return { values: Float64Array.from(a, (row, i) => row[i] ?? 0), vectors: v };
}

/** Turns rows and columns p and q so that their common element becomes 0; `v` collects the turns, a row a vector. */
function rotate(a: readonly Float64Array[], v: readonly Float64Array[], p: number, q: number): void {
  const rowP = a[p];
  const rowQ = a[q];
  const vectorP = v[p];
  const vectorQ = v[q];
  if (rowP === undefined || rowQ === undefined || vectorP === undefined || vectorQ === undefined) return;
  const apq = rowP[q] ?? 0;
  if (apq === 0) return;
  const tau = ((rowQ[q] ?? 0) - (rowP[p] ?? 0)) / (2 * apq);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = t * c;
  for (const row of a) {
    const x = row[p] ?? 0;
    const y = row[q] ?? 0;
    row[p] = c * x - s * y;
    row[q] = s * x + c * y;
  }
  for (const [first, second] of [
    [rowP, rowQ],
    [vectorP, vectorQ],
  ] as const) {
    for (let k = 0; k < first.length; k++) {
      const x = first[k] ?? 0;
      const y = second[k] ?? 0;
      first[k] = c * x - s * y;
      second[k] = s * x + c * y;
    }
  }
}
