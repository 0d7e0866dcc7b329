import { type CkksParameters, type EncryptionMode, parametersFromJson } from '@ciphernet/ckks';
import { InputError, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';

/** What happens after one linear map. */
export interface MapPlan {
  readonly weightBits: number;
  /** Real factor between a weight and its integer. */
  readonly weightScale: number;
  /** Primes dropped by division after this map. */
  readonly rescales: number;
  /** Scale of the map's outputs before the rescale: what its bias is multiplied by. */
  readonly scaleBefore: number;
  readonly scaleAfter: number;
  /** log2 of (modulus / 2) over (largest value · scale), before the rescale and after it: how far from wrapping. */
  readonly headroomBits: number;
}

/** Everything an engine has to know besides the integer weights, and what the planner promises. */
export interface Plan {
  readonly parameters: CkksParameters;
  readonly mode: EncryptionMode;
  /** Scale of the encrypted features. */
  readonly inputScale: number;
  readonly maps: readonly MapPlan[];
  /** Primes of the result: the first ones of `parameters.primes`. */
  readonly resultPrimes: number;
  readonly resultScale: number;
  /** Error of a logit against the quantised circuit: deviation over slots, and a bound for any of 10^5 values. */
  readonly predictedError: { readonly deviation: number; readonly bound: number };
  /** Predicted deviation of a logit of the quantised circuit against the real one. */
  readonly roundingDeviation: number;
}

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
        headroomBits: z.number(),
      }),
    )
    .min(1)
    .max(3),
  resultPrimes: z.number().int().min(1).max(8),
  resultScale: scale,
  predictedError: z.strictObject({ deviation: z.number().nonnegative(), bound: z.number().nonnegative() }),
  roundingDeviation: z.number().nonnegative(),
});

/** Scale before and after each map's rescales, and the primes that are left; the one place where scales are derived. */
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
      current /= primes[left] ?? 1;
    }
    return { before, after: current, primesLeft: left };
  });
}

function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.abs(b);
}

/** Parses a plan from elsewhere and derives its scales again: a plan that does not hold together is refused. */
export function planFromJson(value: unknown, where: string): Plan {
  const json = parseOrThrow(planSchema, value, where);
  const parameters = parametersFromJson(json.parameters, `${where}.parameters`);
  const scales = deriveScales(parameters.primes, json.inputScale, json.maps);
  const last = scales.at(-1);
  const consistent =
    last !== undefined &&
    scales.every((s, i) => {
      const map = json.maps[i];
      return (
        map !== undefined && s.primesLeft >= 1 && close(map.scaleBefore, s.before) && close(map.scaleAfter, s.after)
      );
    }) &&
    json.resultPrimes <= last.primesLeft &&
    close(json.resultScale, last.after);
  if (!consistent) {
    throw new InputError('scales, rescales and primes do not fit together', { where, hint: 'make the plan again' });
  }
  return Object.freeze({ ...json, parameters });
}
