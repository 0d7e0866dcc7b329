import { type CkksParameters, type EncryptionMode, createParameters } from '@ciphernet/ckks';
import { UnsupportedError, lastOf } from '@ciphernet/foundation';
import { spareBits } from '../attempt.js';
import type { Calibration } from '../calibrate.js';

/** What a circuit is evaluated under where examples come singly. */
export interface ProductPlan {
  readonly parameters: CkksParameters;
  readonly mode: EncryptionMode;
  /** Real factor between a feature and its integer. */
  readonly inputScale: number;
  /** Real factor between an entry of a quadratic form and its integer. */
  readonly weightScale: number;
  /** inputScale² · weightScale */
  readonly resultScale: number;
}

/**
 * Entries are rounded to 2^−14. The error of a logit has a deviation of 2^−14 / √12 times Σ x²: for some hundred pixels of 1, 0.002.
 */
const WEIGHT_SCALE = 2 ** 14;

/** Below this a feature's encryption noise of some 2^2 (symmetric) to 2^4 (public) would be felt. */
const LEAST_INPUT_SCALE = 2 ** 14;

/** Encrypted integers have 30 bits; features of data that is not bounded by 1 may exceed those of the calibration fourfold. */
const MOST_SCALED = 2 ** 29;
const INPUT_HEADROOM = 4;

/** Private data may give more than the calibration's did; there is one square. */
const HEADROOM_BITS = spareBits(1);

/**
 * Two primes of 30 bits at N = 4096, 90 of 106 bits with the special one: results take some 2^52, and only their coefficient of X^0 must
 * not wrap. Scales are powers of two, as large as the modulus bears.
 *
 * @throws UnsupportedError when the circuit's values leave no room
 */
export function planProducts({ maxAbs, largestInput }: Calibration, mode: EncryptionMode, where: string): ProductPlan {
  const parameters = createParameters(4096, [30, 30], 30);
  const modulusBits = parameters.primes.reduce((sum, prime) => sum + Math.log2(prime), 0);
  const largest = Math.max(lastOf(maxAbs), 1);
  const room = modulusBits - 1 - HEADROOM_BITS - Math.log2(largest) - Math.log2(WEIGHT_SCALE);
  const bound = largestInput === undefined ? 1 : INPUT_HEADROOM * largestInput;
  const inputScale = 2 ** Math.floor(Math.min(room / 2, Math.log2(MOST_SCALED / bound)));
  if (inputScale < LEAST_INPUT_SCALE) {
    throw new UnsupportedError(
      `outputs of up to ${largest.toPrecision(3)} leave a scale of ${inputScale} for the features`,
      {
        where,
        hint: 'compile it for whole batches (--packing slots), or train with smaller weights',
      },
    );
  }
  const resultScale = inputScale ** 2 * WEIGHT_SCALE;
  return { parameters, mode, inputScale, weightScale: WEIGHT_SCALE, resultScale };
}
