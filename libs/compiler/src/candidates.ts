import {
  type CkksParameters,
  MAX_LOG_QP_128,
  type RingName,
  SMALLEST_SPECIAL_PRIME,
  createParameters,
  withSpecialPrime,
} from '@ciphernet/ckks';
import { elementAt } from '@ciphernet/foundation';
import type { Calibration } from './calibrate.js';
import { type Circuit, largestWeight } from './circuit.js';

/** At 4 bits of nearest integers accuracy fell by up to 5 points on Fashion-MNIST: the planner does not go below 6. */
const MIN_PLANNED_BITS = 6;

/** Each bit more halves the length of the sums that an int32 holds; 10, the format's most, were not tried. */
const MAX_PLANNED_BITS = 9;

/** Candidate scales of the encrypted features, largest first: powers of two, 2^30 to 2^10 (below the noise). */
export const INPUT_SCALES: readonly number[] = Array.from({ length: 21 }, (_, i) => 2 ** (30 - i));

/** Below, a weight's and an input's bits are too few for two maps. */
const MIN_PRIME_BITS = 25;

/** Sets of so many data primes under a bound: with a special prime like SEAL's, and where the smallest one leaves them more bits, with that. */
function setsOf(ring: RingName, ringDegree: number, count: number): CkksParameters[] {
  const allowed = MAX_LOG_QP_128[ringDegree] ?? 0;
  const bitsBeside = (special: number): number => Math.min(30, Math.floor((allowed - special) / count));
  const [usual, most] = [bitsBeside(22), bitsBeside(16)];
  const set = (bits: number, special: number): CkksParameters =>
    createParameters(ringDegree, new Array<number>(count).fill(bits), special, ring);
  const sets = usual < MIN_PRIME_BITS ? [] : [set(usual, Math.min(30, allowed - count * usual))];
  if (most < MIN_PRIME_BITS || most === usual) return sets;
  // Primes of 30 bits lie further below 2^30 than 2^16 + 1 above 2^16, so that all of them are within the bound.
  return [...sets, withSpecialPrime(set(most, 30), SMALLEST_SPECIAL_PRIME)];
}

/** Candidate sets, cheapest first: bytes and multiply-adds an image grow with the number of data primes only. */
export function parameterSets(ring: RingName): CkksParameters[] {
  const sets: CkksParameters[] = [];
  for (let count = 2; count <= 6; count++) {
    for (const ringDegree of [4096, 8192, 16384]) sets.push(...setsOf(ring, ringDegree, count));
  }
  return sets;
}

/**
 * All ways to place rescales: none after the first map of several, none to two in the middle, any at the end.
 *
 * @param maps linear maps of the circuit, at least one
 * @param primes data primes of the parameters; each way leaves at least one
 * @returns ways, each a number of rescales a map
 */
export function rescalePatterns(maps: number, primes: number): number[][] {
  const patterns: number[][] = [];
  const extend = (prefix: number[], left: number): void => {
    if (prefix.length === maps) {
      patterns.push(prefix);
      return;
    }
    const isLast = prefix.length === maps - 1;
    const most = isLast ? left - 1 : prefix.length === 0 ? 0 : Math.min(2, left - 1);
    // Most rescales first: fewer primes in the result are fewer bytes to download.
    for (let r = most; r >= 0; r--) extend([...prefix, r], left - r);
  };
  extend([], primes);
  return patterns;
}

/** Bits of one map's weights, and what follows from them. */
export interface WeightChoice {
  /** Bits of a signed weight with its sign. */
  readonly bits: number;
  /** Real factor between a weight and its integer: the largest weight just fits. */
  readonly weightScale: number;
  /** Of a logit, from rounding this map's weights: a step of 1/scale has the variance 1/12 of its square. */
  readonly variance: number;
}

/**
 * Every choice of bits for each map; the widest first.
 *
 * @param calibration of this circuit: one mean gain more than maps
 * @param energies one a map (`MapRounding.energy`), or undefined to count each as 1
 * @returns choices, each with one entry a map
 */
export function weightChoices(
  circuit: Circuit,
  calibration: Calibration,
  energies: readonly number[] | undefined,
): WeightChoice[][] {
  return circuit.maps.reduce<WeightChoice[][]>(
    (combinations, map, i) => {
      const energy = energies === undefined ? 1 : elementAt(energies, i);
      const gain = elementAt(calibration.meanGains, i + 1);
      // A map of zeros has no largest weight: any scale stores it.
      const largest = largestWeight(map) || 1;
      const choices: WeightChoice[] = [];
      for (let bits = MAX_PLANNED_BITS; bits >= MIN_PLANNED_BITS; bits--) {
        const weightScale = (2 ** (bits - 1) - 1) / largest;
        choices.push({ bits, weightScale, variance: (energy * gain ** 2) / (12 * weightScale ** 2) });
      }
      return combinations.flatMap((before) => choices.map((choice) => [...before, choice]));
    },
    [[]],
  );
}
