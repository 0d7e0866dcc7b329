import { type CkksParameters, type RingName, createParameters, withSpecialPrime } from '@ciphernet/ckks';
import { elementAt } from '@ciphernet/foundation';
import { FIRST_FREE, type WasmModule, createSharedMemory } from '@ciphernet/ring';
import { writeEmbeddingTables } from '../src/embedding-tables.js';
import { type EncryptionKernels, encryptionKernels, writePrimes } from '../src/encryption-kernels.js';
import { type EncryptionLayout, layOutEncryption } from '../src/encryption-memory.js';
import { wideKernels, wideModule } from '../src/wide-kernels.js';

/** The kernels on a memory of one thread, constants written, without a key. */
export interface EncryptionFixture {
  readonly parameters: CkksParameters;
  readonly kernels: EncryptionKernels;
  readonly layout: EncryptionLayout;
  readonly memory: ReturnType<typeof createSharedMemory>;
  i32(at: number, length?: number): Int32Array;
  u32(at: number, length?: number): Uint32Array;
  /** Coefficients, negative ones too, to their transform modulo a prime. */
  transform(coefficients: ArrayLike<number>, primeIndex: number): Uint32Array;
}

export function createEncryptionFixture(
  ringDegree: number,
  bits: readonly number[],
  ring: RingName = 'standard',
  specialPrime?: number,
): EncryptionFixture {
  const usual = createParameters(ringDegree, bits, 30, ring);
  const parameters = specialPrime === undefined ? usual : withSpecialPrime(usual, specialPrime);
  const layout = layOutEncryption(parameters, 1);
  const memory = createSharedMemory(layout.end);
  const kernels = encryptionKernels(memory);
  writePrimes(kernels, layout);
  writeEmbeddingTables(memory, layout);
  const u32 = (at: number, length = ringDegree): Uint32Array => new Uint32Array(memory.buffer, at, length);
  return {
    parameters,
    kernels,
    layout,
    memory,
    u32,
    i32: (at, length = ringDegree) => new Int32Array(memory.buffer, at, length),
    transform(coefficients, primeIndex) {
      const { prime, tables, modulus } = elementAt(layout.primes, primeIndex);
      const scratch = elementAt(layout.workspaces, 0).scratch;
      const words = u32(scratch);
      for (let i = 0; i < ringDegree; i++) words[i] = (((coefficients[i] ?? 0) % prime) + prime) % prime;
      kernels.nttForward(scratch, layout.logN, tables, modulus);
      return words.slice();
    },
  };
}

/** Numbers from a seed, uniform in [0, bound). */
export function drawer(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** The kernels for four polynomials at a time; undefined where V8 has no vectors of 256 bits, or the processor no fused multiply-add. */
export function fusedModule(): WasmModule | undefined {
  const module = wideModule();
  if (module === undefined) return undefined;
  return wideKernels(module, createSharedMemory(2 * FIRST_FREE)).isFused() === 1 ? module : undefined;
}
