/**
 * Arithmetic modulo a prime, in numbers where the prime is below 2^30 and in big integers elsewhere. What a whole
 * polynomial goes through is the assembly's (`assembly/`); this is for single residues.
 */

/**
 * a · b modulo p. The quotient in doubles is off by at most one, so the rest lies in (−p, 2p), within int32: its low 32
 * bits are all of it.
 *
 * @param a in [0, p)
 * @param b in [0, p)
 * @param p at most 2^30
 * @returns in [0, p)
 */
export function multiplyModulo(a: number, b: number, p: number): number {
  const quotient = Math.floor((a * b) / p);
  const rest = (Math.imul(a, b) - Math.imul(quotient, p)) | 0;
  return rest < 0 ? rest + p : rest >= p ? rest - p : rest;
}

/**
 * base^exponent modulo p, by repeated squaring.
 *
 * @param base in [0, p)
 * @param exponent a whole number, at least 0
 * @param p at most 2^30
 * @returns in [0, p)
 */
export function powerModulo(base: number, exponent: number, p: number): number {
  let result = 1;
  let square = base;
  for (let e = exponent; e > 0; e = Math.floor(e / 2)) {
    if (e % 2 === 1) result = multiplyModulo(result, square, p);
    square = multiplyModulo(square, square, p);
  }
  return result;
}

/** value^−1 modulo a prime p at most 2^30, by Fermat. @param value in [1, p) */
export function inverseModulo(value: number, p: number): number {
  return powerModulo(value, p - 2, p);
}

/** A signed integer of any size modulo p, in [0, p). */
export function residueOf(value: bigint, p: number): number {
  const modulus = BigInt(p);
  return Number(((value % modulus) + modulus) % modulus);
}
