import { type WasmMemory, wasmFactory } from './instance.js';

/** Routines over one prime; ranges and layouts stand beside each in `assembly/`. */
export interface RingExports {
  /** Fills the record of a prime. */
  modulusInit(modulusPointer: number, prime: number): void;
  /** The smallest primitive 2N-th root of unity modulo the prime; 0 where there is none. */
  minimalRoot(prime: number, logN: number): number;
  /** Fills the NTT's tables. `ring`: of {@link RING_CODES}. Returns 0 where the prime has no root of the ring's order. */
  rootsInit(tables: number, logN: number, modulusPointer: number, ring: number): number;
  nttForward(values: number, logN: number, tables: number, modulusPointer: number): void;
  nttInverse(values: number, logN: number, tables: number, modulusPointer: number): void;
  rescaleLast(last: number, logN: number, tables: number, modulusPointer: number): void;
  rescaleLimb(
    limb: number,
    last: number,
    scratch: number,
    logN: number,
    tables: number,
    modulusPointer: number,
    lastPrime: number,
  ): void;
  blockInputs(target: number, first: number, runs: number, length: number, step: number): void;
  /** Returns how many words were not below the prime. */
  cutWords(words: number, count: number, prime: number, mask: number, rejected: number): number;
  packWords(source: number, count: number, bits: number, target: number): void;
  unpackWords(source: number, count: number, bits: number, target: number): void;
}

/** Bytes of the record that `modulusInit` fills: `MODULUS_BYTES` of assembly/modulus.ts. */
export const MODULUS_BYTES = 16;

/** Products and squares want 2^20 ≤ p < 2^30 of data primes: `MIN_PRIME` of assembly/modulus.ts. */
export const MIN_PRIME = 2 ** 20;

/** Bytes of the NTT's tables of one prime: four words a coefficient (assembly/roots.ts). */
export function rootTableBytes(ringDegree: number): number {
  return 16 * ringDegree;
}

/** The ring's routines with a memory of their own. */
export const createRingKernels: () => RingExports & WasmMemory = wasmFactory<RingExports>(
  new URL('../dist/ring.wasm', import.meta.url),
);
