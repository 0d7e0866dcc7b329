import { SEED_BYTES, createMaskExpander } from '@ciphernet/artifacts';
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

/** A secret key of the conjugate-invariant ring, which SEAL does not have: its residues as little-endian words. */
export function residueBytes(residues: Uint32Array): Uint8Array {
  return new Uint8Array(residues.buffer, residues.byteOffset, residues.byteLength).slice();
}

/** A public key of that ring: the seed of its second component, then the residues of the first. */
export function seededKeyBytes(seed: Uint8Array, first: Uint32Array): Uint8Array {
  return new Uint8Array(Buffer.concat([seed, residueBytes(first)]));
}

/** The second component of a public key from its seed, over the data primes and the special prime: [prime][coefficient]. */
export function expandedComponent(parameters: CkksParameters, seed: Uint8Array): Uint32Array {
  const N = parameters.ringDegree;
  const primes = [...parameters.primes, parameters.specialPrime];
  const expander = createMaskExpander(seed, { primes, ringDegree: N, tile: N, ciphertexts: 1 });
  const component = new Uint32Array(primes.length * N);
  primes.forEach((_prime, primeIndex) => expander.expand(primeIndex, 0, 1, component, primeIndex * N, N));
  return component;
}

/** Residues of a key of the conjugate-invariant ring. */
function residuesOfOurs(parameters: CkksParameters, mode: EncryptionMode, key: Uint8Array): Uint32Array {
  const count = (parameters.primes.length + 1) * parameters.ringDegree;
  const head = mode === 'public' ? SEED_BYTES : 0;
  if (key.length !== head + 4 * count) misfit(`it has ${key.length} bytes`);
  // A copy of its own: words begin where they are aligned.
  const stored = new Uint32Array(new Uint8Array(key.subarray(head)).buffer);
  if (mode === 'symmetric') return stored;
  const residues = new Uint32Array(2 * count);
  residues.set(stored);
  residues.set(expandedComponent(parameters, key.subarray(0, SEED_BYTES)), count);
  return residues;
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
 * @param key bytes of the public key, or of the secret key in symmetric mode: SEAL's; in the conjugate-invariant ring
 *   {@link seededKeyBytes} or {@link residueBytes}
 * @throws InputError for bytes that are no key of these parameters
 */
export function keyResidues(parameters: CkksParameters, mode: EncryptionMode, key: Uint8Array): Uint32Array {
  const N = parameters.ringDegree;
  const primes = [...parameters.primes, parameters.specialPrime];
  const components = mode === 'public' ? 2 : 1;
  const count = components * primes.length * N;
  const words =
    parameters.ring === 'standard'
      ? residuesOfSeals(parameters, mode, key, count)
      : residuesOfOurs(parameters, mode, key);
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
