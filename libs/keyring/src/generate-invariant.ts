import { randomBytes } from 'node:crypto';
import { SEED_BYTES } from '@ciphernet/artifacts';
import type { CkksParameters } from '@ciphernet/ckks';
import { elementAt } from '@ciphernet/foundation';
import { createSharedMemory } from '@ciphernet/ring';
import { encryptionKernels, writePrimes } from './encryption-kernels.js';
import { layOutEncryption } from './encryption-memory.js';
import { expandedComponent, residueBytes, seededKeyBytes, writeKey } from './key-residues.js';
import { drawErrors, drawTernary } from './randomness.js';

/**
 * A key pair of the conjugate-invariant ring, which SEAL cannot make: a ternary secret s, and (−(a·s + e), a) with uniform a, as
 * SEAL's `KeyGenerator` draws them (native/src/seal/keygenerator.cpp, util/rlwe.cpp `encrypt_zero_symmetric`), over all primes.
 * N independent coefficients each: an LWE instance of dimension N. The public key is kept as −(a·s + e) and the seed of a: half its size.
 */
export function generateInvariantKeys(parameters: CkksParameters): { publicKey: Uint8Array; secretKey: Uint8Array } {
  const layout = layOutEncryption(parameters, 1);
  const memory = createSharedMemory(layout.end);
  const kernels = encryptionKernels(memory);
  const space = elementAt(layout.workspaces, 0);
  const source = { memory, kernels, space, layout };
  const { ringDegree: N, logN } = layout;
  const count = layout.primes.length;
  const polynomial = (at: number): Uint32Array => new Uint32Array(memory.buffer, at, N);
  const secret = new Uint32Array(count * N);
  const open = new Uint32Array(count * N);
  const seed = new Uint8Array(randomBytes(SEED_BYTES));
  const uniform = expandedComponent(parameters, seed);
  const [ternary, error, unused, message] = space.small;
  try {
    writePrimes(kernels, layout);
    drawTernary(source, ternary);
    layout.primes.forEach(({ tables, modulus }, primeIndex) => {
      kernels.transformSmall(ternary, space.transformed, logN, tables, modulus);
      secret.set(polynomial(space.transformed), primeIndex * N);
    });
    writeKey(memory, kernels, layout, { parameters, mode: 'symmetric' }, secret);
    drawErrors(source, error, unused);
    // Of the message 0: −e − a·s.
    kernels.subtractError(message, error, logN);
    layout.primes.forEach(({ keys, tables, modulus }, primeIndex) => {
      const [target, mask] = space.residues;
      polynomial(mask).set(uniform.subarray(primeIndex * N, (primeIndex + 1) * N));
      kernels.transformMessage(message, space.transformed, logN, tables, modulus);
      // One ciphertext, one tile.
      kernels.symmetricRows(space.transformed, 0, 1, mask, keys[0], logN, N, target, 0, modulus);
      open.set(polynomial(target), primeIndex * N);
    });
    return { publicKey: seededKeyBytes(seed, open), secretKey: residueBytes(secret) };
  } finally {
    secret.fill(0);
    new Uint8Array(memory.buffer).fill(0);
  }
}
