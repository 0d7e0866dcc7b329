import type { CkksParameters, EncryptionMode } from '@ciphernet/ckks';
import { InputError, elementAt } from '@ciphernet/foundation';
import { type SharedMemory, inverseModulo, multiplyModulo, powerModulo } from '@ciphernet/ring';
import { lowWords, residuesOfSaved } from '@ciphernet/seal';
import type { EncryptionKernels } from './encryption-kernels.js';
import type { EncryptionLayout } from './encryption-memory.js';

/** Where the words of a secret key begin that SEAL saved: it is a plaintext (native/src/seal/plaintext.cpp `save_members`). */
const SECRET_WORDS = 88;

function misfit(what: string): never {
  throw new InputError(`the key does not fit the parameters: ${what}`, {
    where: 'key',
    hint: 'use keys made for these parameters',
  });
}

/** A key of the conjugate-invariant ring, which SEAL does not have: its residues as little-endian words. */
export function residueBytes(residues: Uint32Array): Uint8Array {
  return new Uint8Array(residues.buffer, residues.byteOffset, residues.byteLength).slice();
}

function residuesOfBytes(key: Uint8Array, count: number): Uint32Array {
  if (key.length !== 4 * count) misfit(`it has ${key.length} bytes`);
  return new Uint32Array(key.slice().buffer);
}

/** Residues of a key as SEAL saved it. */
function residuesOfSeals(
  parameters: CkksParameters,
  mode: EncryptionMode,
  key: Uint8Array,
  count: number,
): Uint32Array {
  if (mode === 'symmetric') {
    if (key.length !== SECRET_WORDS + 8 * count) misfit(`it has ${key.length} bytes`);
    return lowWords(key, SECRET_WORDS, count);
  }
  try {
    const { words } = residuesOfSaved(key, parameters);
    if (words.length === count) return words;
  } catch {
    return misfit('its bytes are of another ring');
  }
  return misfit('it has other primes');
}

/**
 * Residues of a key in NTT form over the data primes and the special prime: [component][prime][coefficient].
 *
 * @param key bytes of the public key, or of the secret key in symmetric mode: SEAL's, or {@link residueBytes}
 * @throws InputError for bytes that are no key of these parameters
 */
export function keyResidues(parameters: CkksParameters, mode: EncryptionMode, key: Uint8Array): Uint32Array {
  const N = parameters.ringDegree;
  const primes = [...parameters.primes, parameters.specialPrime];
  const components = mode === 'public' ? 2 : 1;
  const count = components * primes.length * N;
  const words =
    parameters.ring === 'standard' ? residuesOfSeals(parameters, mode, key, count) : residuesOfBytes(key, count);
  for (let at = 0; at < count; at += N) {
    const prime = elementAt(primes, (at / N) % primes.length);
    if (words.subarray(at, at + N).some((word) => word >= prime)) misfit('a residue is not below its prime');
  }
  return words;
}

/** value · 2^32 modulo a prime, centred: the form in which the kernels multiply by it. */
export function montgomeryForm(value: number, prime: number): number {
  const form = multiplyModulo(value, 2 ** 32 % prime, prime);
  return form > prime / 2 ? form - prime : form;
}

/** P^−1 modulo a prime, P the special prime. */
export function specialInverse(parameters: CkksParameters, prime: number): number {
  return inverseModulo(parameters.specialPrime % prime, prime);
}

/**
 * Writes a key where the kernels expect it. The public key's residues of a data prime are divided by the special prime here,
 * once, instead of in every encryption.
 */
export function writeKey(
  memory: SharedMemory,
  kernels: EncryptionKernels,
  layout: EncryptionLayout,
  { parameters, mode }: { readonly parameters: CkksParameters; readonly mode: EncryptionMode },
  residues: Uint32Array,
): void {
  const N = layout.ringDegree;
  const count = layout.primes.length;
  layout.primes.forEach(({ prime, keys, modulus }, primeIndex) => {
    const isDivided = mode === 'public' && primeIndex < count - 1;
    const factor = isDivided ? specialInverse(parameters, prime) : 1;
    const form = montgomeryForm(multiplyModulo(factor, powerModulo(2, 32, prime), prime), prime);
    for (let component = 0; component * count * N < residues.length; component++) {
      const at = elementAt(keys, component);
      const from = (component * count + primeIndex) * N;
      new Uint32Array(memory.buffer, at, N).set(residues.subarray(from, from + N));
      kernels.prepareKey(at, form, layout.logN, modulus);
    }
  });
}
