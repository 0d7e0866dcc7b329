import { type Kernels, MODULUS_BYTES } from '@ciphernet/kernels';

/**
 * Divides polynomials by the last prime, as SEAL does, and drops it.
 *
 * @param limbs one array a prime, the last one to be dropped; each [polynomial][N], canonical residues in NTT form.
 *   The others are changed in place.
 */
export function rescalePolynomials(
  kernels: Kernels,
  ringDegree: number,
  primes: readonly number[],
  limbs: readonly Uint32Array[],
): void {
  const logN = Math.log2(ringDegree);
  const lastPrime = primes.at(-1) ?? 0;
  const lastLimb = limbs.at(-1) ?? new Uint32Array(0);
  const moduli = primes.map((prime) => {
    const modulus = kernels.allocate(MODULUS_BYTES);
    const tables = kernels.allocate(16 * ringDegree);
    kernels.modulusInit(modulus, prime);
    if (kernels.rootsInit(tables, logN, modulus) !== 1)
      throw new RangeError(`${prime} has no root of order ${2 * ringDegree}`);
    return { modulus, tables };
  });
  const last = kernels.allocate(4 * ringDegree);
  const limb = kernels.allocate(4 * ringDegree);
  const scratch = kernels.allocate(4 * ringDegree);
  const words = kernels.u32();
  const lastModulus = moduli.at(-1);
  if (lastModulus === undefined) throw new RangeError('no prime to drop');
  for (let from = 0; from < lastLimb.length; from += ringDegree) {
    words.set(lastLimb.subarray(from, from + ringDegree), last / 4);
    kernels.rescaleLast(last, logN, lastModulus.tables, lastModulus.modulus);
    moduli.slice(0, -1).forEach(({ modulus, tables }, i) => {
      const polynomial = limbs[i]?.subarray(from, from + ringDegree);
      if (polynomial === undefined) throw new RangeError(`no limb ${i}`);
      words.set(polynomial, limb / 4);
      kernels.rescaleLimb(limb, last, scratch, logN, tables, modulus, lastPrime);
      polynomial.set(words.subarray(limb / 4, limb / 4 + ringDegree));
    });
  }
}
