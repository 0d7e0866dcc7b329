/**
 * Largest log2(Q·P) for 128-bit security with a ternary secret, by log2(N): the stricter of SEAL 4.1's table
 * (109, 218, 438, 881) and the 2024 guidelines (Bossuat et al., ePrint 2024/463, table 4.2). In the conjugate-invariant ring a
 * public key is an LWE instance of dimension N too, so the same bounds are held, never those of 2N (docs/cryptography.md).
 */
export const MAX_LOG_QP_128: Readonly<Record<number, number>> = { 4096: 106, 8192: 214, 16384: 430, 32768: 868 };

/** What is promised of a set, and by which bound. */
export interface SecurityStatement {
  /** 128, or 0 for a set that may only be used in tests. */
  readonly bits: number;
  /** log2 of the product of all primes, to two decimals. */
  readonly logQP: number;
  /** The bound that logQP was checked against. */
  readonly maxLogQP: number;
  readonly source: string;
}

/** log2 of the product of all primes, special one included. */
export function logQP(primes: readonly number[]): number {
  return primes.reduce((sum, p) => sum + Math.log2(p), 0);
}

/** What the parameters promise: 128 bits when log2(QP) is within the bound, else 0. */
export function securityOf(ringDegree: number, allPrimes: readonly number[]): SecurityStatement {
  // Of a ring without a bound no modulus is secure.
  const maxLogQP = MAX_LOG_QP_128[ringDegree] ?? 0;
  const size = logQP(allPrimes);
  return Object.freeze({
    bits: size <= maxLogQP ? 128 : 0,
    logQP: Math.round(size * 100) / 100,
    maxLogQP,
    source: 'stricter of SEAL 4.1 and ePrint 2024/463, ternary secret',
  });
}
