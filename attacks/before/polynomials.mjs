// Arithmetic of a party that makes ciphertexts without a key: an element of Z_q[X]/(X^N + 1) as SEAL's residues, and the
// polynomial whose values in the slots are given.
// Slot j of CKKS is the value at ζ^(3^j) for ζ = e^(iπ/N); residue k of SEAL is the value at ψ^(2·rev(k) + 1).

/** a · b modulo p below 2^30: the quotient in doubles is off by at most one, so the low 32 bits of the rest are all of it. */
function times(a, b, p) {
  const rest = (Math.imul(a, b) - Math.imul(Math.floor((a * b) / p), p)) | 0;
  return rest < 0 ? rest + p : rest >= p ? rest - p : rest;
}

function power(base, exponent, p) {
  let result = 1;
  for (let e = exponent, square = base; e > 0; e = Math.floor(e / 2), square = times(square, square, p)) {
    if (e % 2 === 1) result = times(result, square, p);
  }
  return result;
}

/** SEAL's ψ: the smallest primitive 2N-th root of unity. */
function smallestRoot(p, N) {
  let root = 1;
  for (let candidate = 2; power(root, N, p) !== p - 1; candidate++) root = power(candidate, (p - 1) / (2 * N), p);
  const step = times(root, root, p);
  let smallest = root;
  for (let i = 1; i < N; i++) {
    root = times(root, step, p);
    smallest = Math.min(smallest, root);
  }
  return smallest;
}

function reversed(index, bits) {
  let result = 0;
  for (let i = 0; i < bits; i++) result |= ((index >> i) & 1) << (bits - 1 - i);
  return result;
}

const tables = new Map();

/** Powers of ψ (or of its inverse) in bit-reversed order. */
function powersOf(p, N, inverse) {
  const key = `${p} ${N} ${inverse}`;
  if (!tables.has(key)) {
    const root = smallestRoot(p, N);
    const base = inverse ? power(root, p - 2, p) : root;
    const table = new Uint32Array(N);
    const bits = Math.log2(N);
    for (let i = 0, current = 1; i < N; i++, current = times(current, base, p)) table[reversed(i, bits)] = current;
    tables.set(key, table);
  }
  return tables.get(key);
}

/** Coefficients, as integers of any size, to SEAL's residues modulo p. */
export function residuesOf(coefficients, p) {
  const N = coefficients.length;
  const values = Uint32Array.from(coefficients, (c) => Number(((BigInt(c) % BigInt(p)) + BigInt(p)) % BigInt(p)));
  const roots = powersOf(p, N, false);
  for (let groups = 1, half = N / 2; groups < N; groups *= 2, half /= 2) {
    for (let group = 0; group < groups; group++) {
      const root = roots[groups + group];
      for (let i = 2 * group * half; i < (2 * group + 1) * half; i++) {
        const high = times(values[i + half], root, p);
        const low = values[i];
        values[i] = (low + high) % p;
        values[i + half] = (low - high + p) % p;
      }
    }
  }
  return values;
}

/** SEAL's residues modulo p back to coefficients in (−p/2, p/2). */
export function coefficientsOf(residues, p) {
  const N = residues.length;
  const values = Uint32Array.from(residues);
  const roots = powersOf(p, N, true);
  for (let groups = N / 2, half = 1; groups >= 1; groups /= 2, half *= 2) {
    for (let group = 0; group < groups; group++) {
      const root = roots[groups + group];
      for (let i = 2 * group * half; i < (2 * group + 1) * half; i++) {
        const low = values[i];
        const high = values[i + half];
        values[i] = (low + high) % p;
        values[i + half] = times((low - high + p) % p, root, p);
      }
    }
  }
  const scale = power(N, p - 2, p);
  return Array.from(values, (value) => {
    const c = times(value, scale, p);
    return c > p / 2 ? c - p : c;
  });
}

/** cos(π m / N) for every m: all that slots and coefficients have to do with each other, where slots are real. */
export function slotCosines(N) {
  const table = Float64Array.from({ length: 2 * N }, (_, m) => Math.cos((Math.PI * m) / N));
  const exponents = new Uint32Array(N / 2);
  for (let j = 0, e = 1; j < N / 2; j++, e = (e * 3) % (2 * N)) exponents[j] = e;
  /** What coefficient `i` adds to the real part of slot `j`, for each unit. */
  return (j, i) => table[(exponents[j] * i) % (2 * N)];
}

/**
 * Coefficients of the shortest polynomial with these values.
 *
 * @param values by slot: those that are not named are zero
 */
export function polynomialWith(values, N, cosine = slotCosines(N)) {
  const coefficients = new Float64Array(N);
  for (const [j, value] of values) {
    for (let i = 0; i < N; i++) coefficients[i] += ((2 * value) / N) * cosine(j, i);
  }
  return coefficients;
}
