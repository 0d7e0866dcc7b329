import { RING_CODES, type RingName } from '../src/ring-names.js';
import { MODULUS_BYTES, type RingExports, createRingKernels, rootTableBytes } from '../src/ring-kernels.js';

/** A prime that the kernels know: its record and tables lie in their memory. */
export interface PreparedPrime {
  readonly prime: number;
  readonly modulus: number;
  readonly tables: number;
}

/** The kernels for one ring degree, with polynomials copied in and out. */
export interface TestRing {
  readonly kernels: RingExports;
  readonly logN: number;
  readonly prepare: (prime: number) => PreparedPrime;
  /** Reserves a polynomial. @returns its pointer */
  reserve(): number;
  write(pointer: number, values: readonly number[]): void;
  read(pointer: number): number[];
  forward(values: readonly number[], prime: PreparedPrime): number[];
  inverse(values: readonly number[], prime: PreparedPrime): number[];
}

export function createTestRing(ringDegree: number, ring: RingName = 'standard'): TestRing {
  const kernels = createRingKernels();
  const logN = Math.log2(ringDegree);
  const reserve = (): number => kernels.allocate(4 * ringDegree);
  const working = reserve();
  const write = (pointer: number, values: readonly number[]): void => kernels.u32().set(values, pointer / 4);
  const read = (pointer: number): number[] => [...kernels.u32().subarray(pointer / 4, pointer / 4 + ringDegree)];
  return {
    kernels,
    logN,
    reserve,
    write,
    read,
    prepare(prime) {
      const modulus = kernels.allocate(MODULUS_BYTES);
      const tables = kernels.allocate(rootTableBytes(ringDegree));
      kernels.modulusInit(modulus, prime);
      if (kernels.rootsInit(tables, logN, modulus, RING_CODES[ring]) !== 1)
        throw new RangeError(`${prime} has no root`);
      return { prime, modulus, tables };
    },
    forward(values, { tables, modulus }) {
      write(working, values);
      kernels.nttForward(working, logN, tables, modulus);
      return read(working);
    },
    inverse(values, { tables, modulus }) {
      write(working, values);
      kernels.nttInverse(working, logN, tables, modulus);
      return read(working);
    },
  };
}

/** Values below a prime from a seed; every fourth one is at an end of the range or in its middle. */
export function residues(count: number, prime: number, seed: number): number[] {
  let state = seed >>> 0;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  const special = [0, 1, prime - 1, (prime - 1) / 2, (prime + 1) / 2];
  return Array.from({ length: count }, (_, i) => {
    const value = Math.floor((next() / 2 ** 32) * prime);
    return i % 4 === 0 ? (special[value % special.length] ?? 0) : value;
  });
}
