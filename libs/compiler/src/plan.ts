import {
  type CkksParameters,
  type EncryptionMode,
  parametersFromJson,
  parametersToJson,
  valuesPerSlot,
} from '@ciphernet/ckks';
import { InputError, elementAt, lastOf, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';

/** What happens in and after one linear map. */
export interface MapPlan {
  /** Bits of a signed weight with its sign, 3 to 10. */
  readonly weightBits: number;
  /** Real factor between a weight and its integer. */
  readonly weightScale: number;
  /** Primes dropped by division after this map. */
  readonly rescales: number;
  /** Scale of the map's outputs before the rescale: what its bias is multiplied by. */
  readonly scaleBefore: number;
  readonly scaleAfter: number;
  /**
   * log2 of (modulus / 2) over (largest value · scale), the smaller of before the rescale and after it: how far from
   * wrapping. Absent where sums may wrap and nothing bounds it: between maps without a rescale.
   */
  readonly headroomBits?: number;
}

/** Everything an engine has to know besides the integer weights, and what the planner promises. */
export interface Plan {
  readonly parameters: CkksParameters;
  readonly mode: EncryptionMode;
  /** Scale of the encrypted features. */
  readonly inputScale: number;
  /** One a linear map of the circuit, 1 to 3. */
  readonly maps: readonly MapPlan[];
  /** Primes of the result: the first ones of `parameters.primes`. */
  readonly resultPrimes: number;
  readonly resultScale: number;
  /** Error of a logit against the quantised circuit: deviation over slots, and a bound for any of 10^5 values. */
  readonly predictedError: { readonly deviation: number; readonly bound: number };
  /** Predicted deviation of a logit of the quantised circuit against the real one. */
  readonly roundingDeviation: number;
  /**
   * Largest |logit| that any slot of an honest result has, unused ones included. Only verifiable plans have one: no rescale
   * before decryption, so every position of every prime is a small network of its own, and all primes in the result.
   */
  readonly slotBound?: number;
}

/**
 * What version 1 of the format writes for a headroom that nothing bounds. It always wrote a number, and a circuit's
 * address is of its bytes. Real headrooms are below 240, the bits of eight primes. A plan without the field is read too.
 */
const UNBOUNDED_HEADROOM_V1 = 999;

/** Scales are products of at most 2^30 · 2^30 · … below 2^240; doubles carry them with 53 bits. */
const scale = z.number().positive().finite();
const planSchema = z.strictObject({
  parameters: z.unknown(),
  mode: z.enum(['public', 'symmetric']),
  inputScale: scale,
  maps: z
    .array(
      z.strictObject({
        weightBits: z.number().int().min(3).max(10),
        weightScale: scale,
        rescales: z.number().int().min(0).max(7),
        scaleBefore: scale,
        scaleAfter: scale,
        headroomBits: z.number().optional(),
      }),
    )
    .min(1)
    .max(3),
  resultPrimes: z.number().int().min(1).max(8),
  resultScale: scale,
  predictedError: z.strictObject({ deviation: z.number().nonnegative(), bound: z.number().nonnegative() }),
  roundingDeviation: z.number().nonnegative(),
  slotBound: z.number().positive().finite().optional(),
});

/**
 * Scale before and after each map's rescales, and the primes that are left; the one place where scales are derived.
 *
 * @param primes data primes; the last one left is divided by
 * @param maps one entry a map; their rescales are fewer than the primes
 * @returns one entry a map
 * @throws RangeError when there are more rescales than primes
 */
export function deriveScales(
  primes: readonly number[],
  inputScale: number,
  maps: readonly { readonly weightScale: number; readonly rescales: number }[],
): { readonly before: number; readonly after: number; readonly primesLeft: number }[] {
  let current = inputScale;
  let left = primes.length;
  return maps.map((map, i) => {
    if (i > 0) current = current * current;
    current *= map.weightScale;
    const before = current;
    for (let r = 0; r < map.rescales; r++) {
      left--;
      current /= elementAt(primes, left);
    }
    return { before, after: current, primesLeft: left };
  });
}

function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.abs(b);
}

/** True when the plan's scales and primes are those that its parameters, weight scales and rescales give. */
function holdsTogether(plan: Plan): boolean {
  const { primes } = plan.parameters;
  const rescales = plan.maps.reduce((sum, map) => sum + map.rescales, 0);
  // The result needs a prime; and scales cannot be derived for more rescales than there are primes.
  if (rescales >= primes.length) return false;
  const scales = deriveScales(primes, plan.inputScale, plan.maps);
  const last = lastOf(scales);
  return (
    scales.every(({ before, after }, i) => {
      const map = elementAt(plan.maps, i);
      return close(map.scaleBefore, before) && close(map.scaleAfter, after);
    }) &&
    plan.resultPrimes <= last.primesLeft &&
    (plan.slotBound === undefined || (rescales === 0 && plan.resultPrimes === primes.length)) &&
    close(plan.resultScale, last.after)
  );
}

/** A plan as version 1 of the format writes it. Keys keep their order: an address is of the bytes. */
export function planToJson(plan: Plan): unknown {
  const maps = plan.maps.map((map) => ({ ...map, headroomBits: map.headroomBits ?? UNBOUNDED_HEADROOM_V1 }));
  return { ...plan, parameters: parametersToJson(plan.parameters), maps };
}

/**
 * Parses a plan from elsewhere and derives its scales again.
 *
 * @param where names the plan in errors
 * @throws InputError for a field that is wrong, primes that are none, or scales, rescales and primes that do not fit
 *   together
 */
export function planFromJson(value: unknown, where: string): Plan {
  const json = parseOrThrow(planSchema, value, where);
  const parameters = parametersFromJson(json.parameters, `${where}.parameters`);
  const maps = json.maps.map(({ headroomBits, ...map }): MapPlan => {
    const isBounded = headroomBits !== undefined && headroomBits !== UNBOUNDED_HEADROOM_V1;
    return isBounded ? { ...map, headroomBits } : map;
  });
  const { slotBound, ...fields } = json;
  const plan: Plan = { ...fields, parameters, maps, ...(slotBound === undefined ? {} : { slotBound }) };
  if (!holdsTogether(plan)) {
    throw new InputError('scales, rescales and primes do not fit together', { where, hint: 'make the plan again' });
  }
  return Object.freeze(plan);
}

/** What the pairing of two logits in a complex slot costs of the gap: half a bit, since together they are up to √2 times as large. */
export function pairingBits(ring: CkksParameters['ring']): number {
  return Math.log2(valuesPerSlot(ring)) / 2;
}

/**
 * Bits between twice the bound of a verifiable result's slots and its modulus: h of docs/verification.md. Two logits in a
 * ciphertext, as the standard ring has them, are one complex number of at most √2 times the bound.
 */
export function gapBits(plan: Plan): number {
  if (plan.slotBound === undefined) return 0;
  const { primes, ring } = plan.parameters;
  const modulus = primes.reduce((sum, prime) => sum + Math.log2(prime), 0);
  return modulus - 1 - pairingBits(ring) - Math.log2(plan.slotBound * plan.resultScale);
}
