import { EXPANSION_BYTES } from '@ciphernet/artifacts';
import { type CkksParameters, type RingName, slotsOf } from '@ciphernet/ckks';
import { CACHE_LINE, FIRST_FREE, MODULUS_BYTES, rootTableBytes } from '@ciphernet/ring';

/**
 * Ciphertexts that a thread makes together. Their rows of a tile of four coefficients are one cache line, and each tile lies on a page
 * of its own; more of them need more of the cache than they save in misses of pages (4, 8, 16, 32 were measured).
 */
export const GROUP = 4;

/**
 * Groups that a thread takes one after another: their values are a line of the cache of each image's. With the secret key each has the room
 * of one of the small polynomials, of which there are as many.
 */
export const GROUPS = 4;

/** Random bytes that sampling takes at a time: three planes of words for errors, or words for residues with some to reject. */
export function randomBytesOf(ringDegree: number): number {
  return 12 * ringDegree;
}

/** Where the arithmetic of one prime keeps its constants: byte offsets. */
export interface PrimeMemory {
  readonly prime: number;
  readonly modulus: number;
  readonly tables: number;
  /** Both components of the public key; or the secret key in the first. Montgomery form, N words each. */
  readonly keys: readonly [number, number];
  /** Constants and roots for four polynomials at a time (assembly/wide/arithmetic.ts). */
  readonly laneRoots: number;
  /** The same with the inverse roots, of the special prime. */
  readonly inverseLaneRoots?: number;
}

/** Bytes of those: `PRIME_BYTES` and 16 a coefficient. */
function laneBytes(ringDegree: number): number {
  return 32 + 16 * ringDegree;
}

/** Where one thread works: byte offsets; all of it is secret and is wiped after each shard, whatever became of it. */
export interface Workspace {
  readonly start: number;
  readonly bytes: number;
  /** f32, of the features of all groups: up to N of each, one feature after another, or [group][slot][feature of the group]. */
  readonly values: number;
  readonly random: number;
  /**
   * GROUP polynomials of i32 each, one after another or, four at a time, [coefficient][polynomial]. With the public key u, both errors and the
   * message; with the secret one messages of all groups.
   */
  readonly small: readonly [number, number, number, number];
  /** One polynomial each. */
  readonly transformed: number;
  readonly scratch: number;
  /** A double a slot. */
  readonly slots: number;
  /** A double a coefficient of each of {@link GROUP} polynomials, [coefficient][polynomial]. */
  readonly lanes: number;
  /** Where second components are expanded: three times {@link EXPANSION_BYTES}. */
  readonly expansion: number;
  /**
   * [component][ciphertext of the group][coefficient] of one prime; second components that a seed gives are [tile][ciphertext][coefficient]. Four at
   * a time, the first holds errors, products and sums, the second u's transform, [coefficient][polynomial].
   */
  readonly residues: readonly [number, number];
}

/** The memory that all threads of a pool share, laid out once; shards come behind `end`. */
export interface EncryptionLayout {
  readonly ring: RingName;
  readonly ringDegree: number;
  readonly logN: number;
  readonly slotCount: number;
  /**
   * Bytes from one polynomial of a group to the next: a cache line more than it has, since at a power of two all of them would
   * compete for the same few lines of the cache when they are laid out in tiles together.
   */
  readonly stride: number;
  /** The data primes, then the special prime. */
  readonly primes: readonly PrimeMemory[];
  readonly order: number;
  readonly twiddles: number;
  readonly rotations: number;
  readonly workspaces: readonly Workspace[];
  readonly end: number;
}

/** Lays a pool's memory out: the same for every thread, since nothing but its arguments counts. */
export function layOutEncryption(parameters: CkksParameters, threads: number): EncryptionLayout {
  let top = FIRST_FREE;
  const reserve = (bytes: number): number => {
    const at = Math.ceil(top / CACHE_LINE) * CACHE_LINE;
    top = at + bytes;
    return at;
  };
  const { ring, ringDegree: N } = parameters;
  const slotCount = slotsOf(parameters);
  const polynomial = 4 * N;
  const stride = polynomial + CACHE_LINE;
  const primes = [...parameters.primes, parameters.specialPrime].map((prime) => ({
    prime,
    modulus: reserve(MODULUS_BYTES),
    tables: reserve(rootTableBytes(N)),
    keys: [reserve(polynomial), reserve(polynomial)] as const,
    laneRoots: reserve(laneBytes(N)),
    ...(prime === parameters.specialPrime ? { inverseLaneRoots: reserve(laneBytes(N)) } : {}),
  }));
  const order = reserve(2 * slotCount);
  const twiddles = reserve(32 * (slotCount / 2));
  const rotations = reserve(64 * (slotCount / 2 + 1));
  const workspaces = Array.from({ length: threads }, () => {
    const start = reserve(0);
    const group = (): number => reserve(GROUP * stride);
    const space = {
      values: reserve(GROUPS * GROUP * polynomial),
      random: reserve(randomBytesOf(N)),
      small: [group(), group(), group(), group()] as const,
      transformed: reserve(polynomial),
      scratch: reserve(polynomial),
      slots: reserve(8 * slotCount),
      lanes: reserve(8 * GROUP * N),
      expansion: reserve(3 * EXPANSION_BYTES),
      residues: [group(), group()] as const,
    };
    return { start, ...space, bytes: top - start };
  });
  const end = reserve(0);
  return {
    ring,
    ringDegree: N,
    logN: Math.log2(N),
    slotCount,
    stride,
    primes,
    order,
    twiddles,
    rotations,
    workspaces,
    end,
  };
}
