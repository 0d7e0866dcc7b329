/**
 * One example in a few ciphertexts, for a network with one square. Its features (and a 1, for the biases) are cut into chunks of c = √N.
 * Chunk a has two ciphertexts: the *dense* one, Σ x_(a,i) X^i, and the *stretched* one, Σ x_(a,j) X^(c·j). The product of dense a and
 * stretched b has x_(a,i) · x_(b,j) at X^(i + c·j): all c² products of two features, each at a place of its own and none wrapped. A logit is
 * a quadratic form of the features, Σ q_ij x_i x_j, and so the coefficient of X^0 of a sum of such products times plaintext polynomials,
 * which have q_ij at X^−(i + c·j). No rotation and no key take part.
 */
export interface ProductLayout {
  readonly ringDegree: number;
  /** √N features. */
  readonly chunk: number;
  /** Chunks of the features and the 1 behind them; an example has twice as many ciphertexts, the dense ones first. */
  readonly chunks: number;
  /** (a, b) with a ≤ b: a pair's other order is in its weights. */
  readonly pairs: readonly (readonly [number, number])[];
}

/** The layout of so many features in a ring of so many coefficients, a power of four. */
export function productLayout(features: number, ringDegree: number): ProductLayout {
  const chunk = Math.sqrt(ringDegree);
  const chunks = Math.ceil((features + 1) / chunk);
  const pairs: [number, number][] = [];
  for (let a = 0; a < chunks; a++) for (let b = a; b < chunks; b++) pairs.push([a, b]);
  return { ringDegree, chunk, chunks, pairs };
}

/**
 * Coefficients of an example's ciphertexts, as encryption takes rows: coefficient by coefficient, the ciphertexts next to each other.
 *
 * @param features of one example
 * @returns N × 2 · chunks
 */
export function productCoefficients(features: Float32Array, layout: ProductLayout): Float32Array {
  const { ringDegree, chunk, chunks } = layout;
  const ciphertexts = 2 * chunks;
  const coefficients = new Float32Array(ringDegree * ciphertexts);
  for (let at = 0; at <= features.length; at++) {
    const value = features[at] ?? 1;
    const [a, i] = [Math.floor(at / chunk), at % chunk];
    coefficients[i * ciphertexts + a] = value;
    coefficients[i * chunk * ciphertexts + chunks + a] = value;
  }
  return coefficients;
}
