import { IntegrityError } from '@ciphernet/foundation';
import { minimalRoot, multiplyModulo, powerModulo, valuesPerSlot } from '@ciphernet/ring';
import type { BatchHeader } from './batch-header.js';
import { type Batch, rowOffset } from './residues.js';

/**
 * Two real values a ciphertext, in the real and the imaginary part of its slots: a result of ten logits is five
 * ciphertexts. Multiplying by the monomial X^(N/2) multiplies slot j by i or by −i: SEAL's slot j is an evaluation at
 * ζ^(3^j) (native/src/seal/ckks.cpp, generator 3), and 3^j is 1 modulo 4 for even j and 3 for odd. So slot j holds
 * y₀ + i·y₁ or its conjugate; multiplying by −X^(N/2) brings y₁ to the real part in either. No key takes part. The
 * conjugate-invariant ring has no imaginary parts: twice the slots instead.
 */

/** ψ^(N/2) for SEAL's ψ: a square root of −1 modulo the prime. */
export function imaginaryUnit(prime: number, ringDegree: number): number {
  return powerModulo(minimalRoot(prime, ringDegree), ringDegree / 2, prime);
}

/**
 * Multiplies a polynomial in NTT form by X^(N/2), or by −X^(N/2) for the other unit. Position k holds the value at
 * ψ^(2·rev(k) + 1), where X^(N/2) is ι for even rev(k) (the first half) and −ι for odd.
 *
 * @param unit ι or −ι modulo the prime
 * @param write takes each position and its product, below the prime
 */
function timesImaginary(
  polynomial: Uint32Array,
  unit: number,
  prime: number,
  write: (k: number, value: number) => void,
): void {
  const half = polynomial.length / 2;
  for (let k = 0; k < polynomial.length; k++) {
    const product = multiplyModulo(polynomial[k] ?? 0, unit, prime);
    write(k, k < half || product === 0 ? product : prime - product);
  }
}

/** Ciphertexts and values in the header of a result of so many logits, as it travels. */
export function travellingShape(
  ring: BatchHeader['ring'],
  outputs: number,
): { readonly ciphertexts: number; readonly values: number | undefined } {
  const perCiphertext = valuesPerSlot(ring);
  return { ciphertexts: Math.ceil(outputs / perCiphertext), values: perCiphertext > 1 ? outputs : undefined };
}

/**
 * Puts ciphertexts 2k and 2k + 1 into the real and imaginary parts of ciphertext k.
 *
 * @param batch an unpaired result: one tile of the whole ring degree
 * @throws RangeError for any other batch
 */
export function pairValues(batch: Batch): Batch {
  const { header } = batch;
  const { ringDegree: N, components } = header;
  if (header.ring !== 'standard' || header.tile !== N || header.values !== undefined)
    throw new RangeError('only unpaired results of complex slots are paired');
  const paired: BatchHeader = { ...header, ...travellingShape(header.ring, header.ciphertexts) };
  const residues = new Uint32Array(header.primes.length * paired.ciphertexts * components * N);
  header.primes.forEach((prime, primeIndex) => {
    const unit = imaginaryUnit(prime, N);
    for (let k = 0; k < paired.ciphertexts; k++) {
      for (let component = 0; component < components; component++) {
        const row = (ciphertext: number): Uint32Array => {
          const at = rowOffset(header, primeIndex, 0, ciphertext, component);
          return batch.residues.subarray(at, at + N);
        };
        const to = rowOffset(paired, primeIndex, 0, k, component);
        residues.set(row(2 * k), to);
        if (2 * k + 1 >= header.ciphertexts) continue;
        timesImaginary(row(2 * k + 1), unit, prime, (i, value) => {
          const sum = (residues[to + i] ?? 0) + value;
          residues[to + i] = sum >= prime ? sum - prime : sum;
        });
      }
    }
  });
  return { header: paired, residues };
}

/**
 * The residues whose real parts are the imaginary parts of the given ones: times −i.
 *
 * @throws IntegrityError for a batch of more than one tile
 */
export function imaginaryPart(batch: Batch): Batch {
  const { header } = batch;
  const { ringDegree: N } = header;
  if (header.tile !== N) throw new IntegrityError('a paired batch must have one tile', { where: 'result' });
  const residues = new Uint32Array(batch.residues.length);
  const perPrime = header.ciphertexts * header.components * N;
  header.primes.forEach((prime, primeIndex) => {
    const unit = prime - imaginaryUnit(prime, N);
    for (let from = primeIndex * perPrime; from < (primeIndex + 1) * perPrime; from += N) {
      timesImaginary(batch.residues.subarray(from, from + N), unit, prime, (i, value) => (residues[from + i] = value));
    }
  });
  return { header, residues };
}
