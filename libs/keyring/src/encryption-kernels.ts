import { InputError } from '@ciphernet/foundation';
import { RING_CODES, type RingExports, type SharedMemory, wasmOnMemory } from '@ciphernet/ring';
import type { EncryptionLayout } from './encryption-memory.js';
import type { LaneKernels } from './wide-kernels.js';

/** Routines of encryption; ranges and layouts stand beside each in `assembly/`. Pointers are byte offsets. */
export interface EncryptionKernels
  extends
    LaneKernels,
    Pick<RingExports, 'modulusInit' | 'rootsInit' | 'nttForward' | 'nttInverse' | 'blockInputs' | 'cutWords'> {
  centredBinomials(random: number, first: number, second: number, count: number): void;
  ternary(random: number, bytes: number, target: number, count: number): number;
  embed(
    values: number,
    count: number,
    factor: number,
    order: number,
    twiddles: number,
    rotations: number,
    work: number,
    target: number,
    logSlots: number,
    isHalf: boolean,
  ): void;
  prepareKey(key: number, factor: number, logN: number, modulusPointer: number): void;
  transformSmall(source: number, target: number, logN: number, tables: number, modulusPointer: number): void;
  roundingDifference(
    transformed: number,
    key: number,
    error: number,
    scratch: number,
    logN: number,
    tables: number,
    modulusPointer: number,
  ): void;
  publicComponent(
    transformed: number,
    key: number,
    difference: number,
    message: number,
    specialInverse: number,
    target: number,
    logN: number,
    tables: number,
    modulusPointer: number,
  ): void;
  subtractError(message: number, error: number, logN: number): void;
  transformMessage(source: number, target: number, logN: number, tables: number, modulusPointer: number): void;
  symmetricRows(
    transformed: number,
    stride: number,
    count: number,
    mask: number,
    secret: number,
    logN: number,
    tile: number,
    target: number,
    tileBytes: number,
    modulusPointer: number,
  ): void;
  scatter(
    source: number,
    stride: number,
    count: number,
    logN: number,
    tile: number,
    target: number,
    tileBytes: number,
  ): void;
  columns(source: number, rows: number, tile: number, target: number): void;
  transpose(source: number, images: number, features: number, first: number, count: number, target: number): number;
  wipe(at: number, bytes: number): void;
}

/** Instantiates the kernels on a shared memory. */
export const encryptionKernels: (memory: SharedMemory) => EncryptionKernels = wasmOnMemory<EncryptionKernels>(
  // Of the built package, also where its sources run (tests).
  new URL('../dist/encryption.wasm', import.meta.url),
);

/** Writes the constants and tables of every prime. @throws InputError for a prime that has no root for the ring */
export function writePrimes(kernels: EncryptionKernels, layout: EncryptionLayout): void {
  for (const { prime, modulus, tables, laneRoots, inverseLaneRoots } of layout.primes) {
    kernels.modulusInit(modulus, prime);
    if (kernels.rootsInit(tables, layout.logN, modulus, RING_CODES[layout.ring]) !== 1) {
      throw new InputError(`${prime} has no root for the ${layout.ring} ring`, { where: 'parameters' });
    }
    kernels.lanePrime(tables, layout.logN, modulus, laneRoots);
    // The inverse roots begin behind the forward ones and their quotients.
    if (inverseLaneRoots !== undefined)
      kernels.lanePrime(tables + 8 * layout.ringDegree, layout.logN, modulus, inverseLaneRoots);
  }
}
