import { InputError } from '@ciphernet/foundation';
import type { RingName } from '@ciphernet/ring';
import { type CkksParameters, createParameters } from './ckks-parameters.js';

/**
 * Parameter sets for datasets that are encrypted before any model is at hand: what the planner picks for ordinary
 * networks of that depth. A model that does not fit is refused when it is planned, with the bound that was hit.
 */
export interface Profile {
  readonly parameters: CkksParameters;
  /** Scale of the encrypted features. */
  readonly inputScale: number;
}

const PROFILES: Readonly<Record<string, (ring: RingName) => Profile>> = {
  /**
   * Convolutional networks with two squares, verifiable: 5 × 30 bits at N = 8192, 180 of 214 bits. The scale is between what errs little
   * enough for every network of the zoo and what leaves room above their logits.
   */
  'two-squares': (ring) => ({
    parameters: createParameters(8192, [30, 30, 30, 30, 30], 30, ring),
    inputScale: Math.round(2 ** 21.5),
  }),
  /** Multi-layer perceptrons with one square, verifiable: 3 × 28 bits at N = 4096, 106 of 106 bits. */
  'one-square': (ring) => ({ parameters: createParameters(4096, [28, 28, 28], 22, ring), inputScale: 2 ** 20 }),
};

/** Names that {@link profileNamed} knows. */
export const PROFILE_NAMES: readonly string[] = Object.keys(PROFILES);

/** The profile of that name, in the ring that costs half. @throws InputError for any other name */
export function profileNamed(name: string, ring: RingName = 'conjugate-invariant'): Profile {
  const make = PROFILES[name];
  if (make !== undefined) return make(ring);
  throw new InputError(`unknown profile '${name}'`, { where: 'profile', hint: `use ${PROFILE_NAMES.join(' or ')}` });
}
