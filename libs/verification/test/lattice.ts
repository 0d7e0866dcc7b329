/** Integer vectors, as rows of a basis. */
export type Basis = bigint[][];

const dot = (a: readonly bigint[], b: readonly bigint[]): bigint =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0n), 0n);

/** The nearest integer to a quotient; the denominator is positive. */
function nearest(numerator: bigint, denominator: bigint): bigint {
  const doubled = 2n * numerator + denominator;
  const quotient = doubled / (2n * denominator);
  return doubled < 0n && doubled % (2n * denominator) !== 0n ? quotient - 1n : quotient;
}

/**
 * Lenstra, Lenstra and Lovász' reduction with δ = 3/4, all in integers (Cohen, A Course in Computational Algebraic Number
 * Theory, algorithm 2.6.7). For the few dimensions of a test; it changes the basis in place.
 */
export function reduce(basis: Basis): Basis {
  const n = basis.length;
  /** d[i + 1] is the product of the first i + 1 squared Gram–Schmidt norms. */
  const d: bigint[] = [1n];
  const lambda: bigint[][] = basis.map(() => new Array<bigint>(n).fill(0n));
  const row = (i: number): bigint[] => basis[i] ?? [];
  const entry = (i: number, j: number): bigint => lambda[i]?.[j] ?? 0n;
  const set = (i: number, j: number, value: bigint): void => {
    const at = lambda[i];
    if (at !== undefined) at[j] = value;
  };
  const at = (i: number): bigint => d[i] ?? 1n;
  const orthogonalise = (k: number): void => {
    for (let j = 0; j <= k; j++) {
      let u = dot(row(k), row(j));
      for (let i = 0; i < j; i++) u = (at(i + 1) * u - entry(k, i) * entry(j, i)) / at(i);
      if (j < k) set(k, j, u);
      else d[k + 1] = u;
    }
  };
  const shorten = (k: number, l: number): void => {
    if (2n * (entry(k, l) < 0n ? -entry(k, l) : entry(k, l)) <= at(l + 1)) return;
    const q = nearest(entry(k, l), at(l + 1));
    basis[k] = row(k).map((value, i) => value - q * (row(l)[i] ?? 0n));
    set(k, l, entry(k, l) - q * at(l + 1));
    for (let i = 0; i < l; i++) set(k, i, entry(k, i) - q * entry(l, i));
  };
  const swap = (k: number, top: number): void => {
    [basis[k], basis[k - 1]] = [row(k - 1), row(k)];
    for (let j = 0; j < k - 1; j++) {
      const kept = entry(k, j);
      set(k, j, entry(k - 1, j));
      set(k - 1, j, kept);
    }
    const l = entry(k, k - 1);
    const b = (at(k - 1) * at(k + 1) + l * l) / at(k);
    for (let i = k + 1; i <= top; i++) {
      const t = entry(i, k);
      set(i, k, (at(k + 1) * entry(i, k - 1) - l * t) / at(k));
      set(i, k - 1, (b * t + l * entry(i, k)) / at(k + 1));
    }
    d[k] = b;
  };
  orthogonalise(0);
  let top = 0;
  let k = 1;
  while (k < n) {
    if (k > top) {
      top = k;
      orthogonalise(k);
    }
    shorten(k, k - 1);
    if (4n * at(k + 1) * at(k - 1) < 3n * at(k) * at(k) - 4n * entry(k, k - 1) * entry(k, k - 1)) {
      swap(k, top);
      k = Math.max(1, k - 1);
    } else {
      for (let l = k - 2; l >= 0; l--) shorten(k, l);
      k++;
    }
  }
  return basis;
}
