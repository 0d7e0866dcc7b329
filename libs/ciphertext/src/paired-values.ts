import { IntegrityError } from '@ciphernet/errors';
import type { BatchHeader } from './batch-header.js';
import { type Batch, rowOffset } from './residues.js';

/**
 * Two real values a ciphertext, in the real and the imaginary part of its slots: a result of ten logits is five
 * ciphertexts. Multiplying by i is multiplying by the monomial X^(N/2), which is i at every slot (SEAL's slots are
 * evaluations at ζ^(5^j), and 5^j ≡ 1 modulo 4). No key takes part.
 */

/**
 * b · factor modulo p for b, factor < p ≤ 2^30. The quotient in doubles is off by at most one, so the rest lies in
 * (−p, 2p), within int32: its low 32 bits are all of it.
 */
function multiply(b: number, factor: number, p: number): number {
  const quotient = Math.floor((b * factor) / p);
  const rest = (Math.imul(b, factor) - Math.imul(quotient, p)) | 0;
  return rest < 0 ? rest + p : rest >= p ? rest - p : rest;
}

function power(base: number, exponent: number, p: number): number {
  let result = 1;
  let square = base % p;
  for (let e = exponent; e > 0; e = Math.floor(e / 2)) {
    if (e % 2 === 1) result = multiply(result, square, p);
    square = multiply(square, square, p);
  }
  return result;
}

/** Units that were found: a process sees a few primes, and finding one takes N products. */
const units = new Map<string, number>();
const MOST_UNITS = 1000;

/** ψ^(N/2) for SEAL's ψ, the smallest primitive 2N-th root of unity modulo p (util/numth.cpp). */
export function imaginaryUnit(prime: number, ringDegree: number): number {
  const key = `${prime} ${ringDegree}`;
  const known = units.get(key);
  if (known !== undefined) return known;
  const unit = findImaginaryUnit(prime, ringDegree);
  if (units.size >= MOST_UNITS) units.clear();
  units.set(key, unit);
  return unit;
}

function findImaginaryUnit(prime: number, ringDegree: number): number {
  let root = 0;
  for (let candidate = 2; root === 0; candidate++) {
    const attempt = power(candidate, (prime - 1) / (2 * ringDegree), prime);
    if (power(attempt, ringDegree, prime) === prime - 1) root = attempt;
  }
  // The primitive roots are the odd powers of any one of them.
  const step = multiply(root, root, prime);
  let smallest = root;
  for (let i = 1, current = root; i < ringDegree; i++) {
    current = multiply(current, step, prime);
    smallest = Math.min(smallest, current);
  }
  return power(smallest, ringDegree / 2, prime);
}

/**
 * Multiplies a polynomial in NTT form by X^(N/2) · sign, adding it to `sum` or replacing it. Position k holds the value
 * at ψ^(2·rev(k) + 1), where X^(N/2) is ι for even rev(k) (the first half) and −ι for odd.
 */
function timesImaginary(
  polynomial: Uint32Array,
  unit: number,
  p: number,
  write: (k: number, value: number) => void,
): void {
  const half = polynomial.length / 2;
  for (let k = 0; k < polynomial.length; k++) {
    const product = multiply(polynomial[k] ?? 0, unit, p);
    write(k, k < half || product === 0 ? product : p - product);
  }
}

/** Puts ciphertexts 2k and 2k + 1 into the real and imaginary parts of ciphertext k. One tile only (a result). */
export function pairValues(batch: Batch): Batch {
  const { header } = batch;
  const { ringDegree: N, components } = header;
  if (header.tile !== N || header.values !== undefined) throw new RangeError('only unpaired results are paired');
  const paired: BatchHeader = { ...header, ciphertexts: Math.ceil(header.ciphertexts / 2), values: header.ciphertexts };
  const residues = new Uint32Array(header.primes.length * paired.ciphertexts * components * N);
  header.primes.forEach((p, prime) => {
    const unit = imaginaryUnit(p, N);
    for (let k = 0; k < paired.ciphertexts; k++) {
      for (let component = 0; component < components; component++) {
        const row = (ciphertext: number): Uint32Array => {
          const at = rowOffset(header, prime, 0, ciphertext, component);
          return batch.residues.subarray(at, at + N);
        };
        const to = rowOffset(paired, prime, 0, k, component);
        residues.set(row(2 * k), to);
        if (2 * k + 1 >= header.ciphertexts) continue;
        timesImaginary(row(2 * k + 1), unit, p, (i, value) => {
          const sum = (residues[to + i] ?? 0) + value;
          residues[to + i] = sum >= p ? sum - p : sum;
        });
      }
    }
  });
  return { header: paired, residues };
}

/** The residues whose real parts are the imaginary parts of the given ones: times −i. */
export function imaginaryPart(batch: Batch): Batch {
  const { header } = batch;
  const { ringDegree: N } = header;
  if (header.tile !== N) throw new IntegrityError('a paired batch must have one tile', { where: 'result' });
  const residues = new Uint32Array(batch.residues.length);
  const perPrime = header.ciphertexts * header.components * N;
  header.primes.forEach((p, prime) => {
    const unit = p - imaginaryUnit(p, N);
    for (let from = prime * perPrime; from < (prime + 1) * perPrime; from += N) {
      timesImaginary(batch.residues.subarray(from, from + N), unit, p, (i, value) => (residues[from + i] = value));
    }
  });
  return { header, residues };
}
