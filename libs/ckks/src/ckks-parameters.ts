import { InputError, parseOrThrow, sha256Hex } from '@ciphernet/foundation';
import { RING_NAMES, type Ring, type RingName, createPrimes, embeddingDegree, isPrime } from '@ciphernet/ring';
import { z } from 'zod';
import { type SecurityStatement, securityOf } from './security.js';

/**
 * A CKKS parameter set. `primes` are the data primes, in SEAL's order: a rescale drops the last. The special prime is
 * set aside by SEAL for public-key encryption and never carries data.
 */
export interface CkksParameters extends Ring {
  /** 1 to 8 primes below 2^30, each 1 modulo 2N; modulo 4N in the conjugate-invariant ring. */
  readonly primes: readonly number[];
  /** Like the others, and none of them. */
  readonly specialPrime: number;
}

const prime = z
  .number()
  .int()
  .min(3)
  .max(2 ** 30 - 1);
const schema = z.strictObject({
  /** Absent in what was written before there were two. */
  ring: z.enum(RING_NAMES).default('standard'),
  ringDegree: z.literal([1024, 2048, 4096, 8192, 16384, 32768]),
  primes: z.array(prime).min(1).max(8).readonly(),
  specialPrime: prime,
});

/**
 * Checks form and number theory; not security, see {@link assertSecure}.
 *
 * @param where names the parameters in errors
 * @throws InputError for a field that is wrong, a number that is not such a prime, or a prime that is there twice
 */
export function parametersFromJson(value: unknown, where: string): CkksParameters {
  const parameters = parseOrThrow(schema, value, where);
  const all = [...parameters.primes, parameters.specialPrime];
  const order = 2 * embeddingDegree(parameters);
  for (const p of all) {
    if (p % order !== 1 || !isPrime(p)) {
      throw new InputError(`${p} is not a prime that is 1 modulo ${order}`, { where });
    }
  }
  if (new Set(all).size !== all.length) throw new InputError('a prime is there twice', { where });
  return Object.freeze({ ...parameters, primes: Object.freeze([...parameters.primes]) });
}

/** JSON of a set. The standard ring is not named: what was written before there were two stays what it is. */
export function parametersToJson({ ring, ...rest }: CkksParameters): unknown {
  return ring === 'standard' ? rest : { ring, ...rest };
}

/**
 * The set that SEAL makes of these bit sizes; in the conjugate-invariant ring, of twice the degree.
 *
 * @param dataBits bits of each data prime, at most 30
 * @param specialBits bits of the special prime, at most 30
 * @throws InputError when the ring has no such primes, or for a ring that is not one of the format's
 */
export function createParameters(
  ringDegree: number,
  dataBits: readonly number[],
  specialBits: number,
  ring: RingName = 'standard',
): CkksParameters {
  const moduli = createPrimes(embeddingDegree({ ring, ringDegree }), [...dataBits, specialBits]);
  return parametersFromJson(
    { ring, ringDegree, primes: moduli.slice(0, -1), specialPrime: moduli.at(-1) },
    `N=${ringDegree} ${dataBits.join(',')}+${specialBits}`,
  );
}

/**
 * 2^16 + 1, which is 1 modulo 4N for every N up to 16,384: the smallest special prime of any use. Errors at the key level, deviation below
 * 2^10 a coefficient at N = 16384, are divided by it to less than the rounding behind; a smaller one would save bits of the modulus only.
 */
export const SMALLEST_SPECIAL_PRIME = 65_537;

/**
 * A set with another special prime, for the bits that this leaves to the data primes.
 *
 * @throws InputError unless it is a prime of the ring, and none of the set's
 */
export function withSpecialPrime(parameters: CkksParameters, specialPrime: number): CkksParameters {
  return parametersFromJson({ ...parameters, specialPrime }, `N=${parameters.ringDegree} special ${specialPrime}`);
}

/** What the set promises, special prime included. */
export function securityOfParameters(parameters: CkksParameters): SecurityStatement {
  return securityOf(parameters.ringDegree, [...parameters.primes, parameters.specialPrime]);
}

/**
 * Refuses a set below 128-bit security; every path that touches a person's data goes through here.
 *
 * @param where names what would be made with it
 * @throws InputError when it is below
 */
export function assertSecure(parameters: CkksParameters, where: string): void {
  const security = securityOfParameters(parameters);
  if (security.bits >= 128) return;
  throw new InputError(
    `log2(QP) = ${security.logQP} is over the 128-bit bound of ${security.maxLogQP} at N = ${parameters.ringDegree}`,
    { where, hint: 'use a larger ring or fewer and smaller primes' },
  );
}

/** SHA-256 of the canonical form; what shards, keys, circuits and results are matched by. */
export function parametersDigest(parameters: CkksParameters): string {
  const { ring, ringDegree, primes, specialPrime } = parameters;
  const name = ring === 'standard' ? '' : ` ring=${ring}`;
  return sha256Hex(`ckks N=${ringDegree} q=${primes.join(',')} p=${specialPrime}${name}`);
}

/** For messages: `N=8192, 30+30+30+30 bits, special 30`; the ring is named where it is not the standard one. */
export function describeParameters(parameters: CkksParameters): string {
  const bits = (p: number): number => Math.ceil(Math.log2(p));
  const ring = parameters.ring === 'standard' ? '' : ' conjugate-invariant';
  return `N=${parameters.ringDegree}${ring}, ${parameters.primes.map(bits).join('+')} bits, special ${bits(parameters.specialPrime)}`;
}
