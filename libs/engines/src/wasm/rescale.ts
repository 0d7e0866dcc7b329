import { elementAt, lastOf } from '@ciphernet/foundation';
import {
  MODULUS_BYTES,
  RING_CODES,
  type Ring,
  type RingExports,
  type WasmMemory,
  rootTableBytes,
} from '@ciphernet/ring';

/**
 * Divides polynomials by the last prime, as SEAL does, and drops it.
 *
 * @param limbs one array a prime, the last one to be dropped; each [polynomial][N], canonical residues in NTT form.
 *   The others are changed in place.
 */
export function rescalePolynomials(
  kernels: RingExports & WasmMemory,
  ring: Ring,
  primes: readonly number[],
  limbs: readonly Uint32Array[],
): void {
  const { ringDegree } = ring;
  const logN = Math.log2(ringDegree);
  const lastPrime = lastOf(primes);
  const lastLimb = lastOf(limbs);
  const moduli = primes.map((prime) => {
    const modulusPointer = kernels.allocate(MODULUS_BYTES);
    const tables = kernels.allocate(rootTableBytes(ringDegree));
    kernels.modulusInit(modulusPointer, prime);
    if (kernels.rootsInit(tables, logN, modulusPointer, RING_CODES[ring.ring]) !== 1)
      throw new RangeError(`${prime} has no root for the ${ring.ring} ring of ${ringDegree} coefficients`);
    return { modulusPointer, tables };
  });
  const last = kernels.allocate(4 * ringDegree);
  const limb = kernels.allocate(4 * ringDegree);
  const scratch = kernels.allocate(4 * ringDegree);
  const words = kernels.u32();
  const lastModulus = lastOf(moduli);
  for (let from = 0; from < lastLimb.length; from += ringDegree) {
    words.set(lastLimb.subarray(from, from + ringDegree), last / 4);
    kernels.rescaleLast(last, logN, lastModulus.tables, lastModulus.modulusPointer);
    moduli.slice(0, -1).forEach(({ modulusPointer, tables }, i) => {
      const polynomial = elementAt(limbs, i).subarray(from, from + ringDegree);
      words.set(polynomial, limb / 4);
      kernels.rescaleLimb(limb, last, scratch, logN, tables, modulusPointer, lastPrime);
      polynomial.set(words.subarray(limb / 4, limb / 4 + ringDegree));
    });
  }
}
