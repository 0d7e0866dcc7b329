import { InputError } from '@ciphernet/foundation';
import type { RingName } from '@ciphernet/ring';
import { type CkksParameters, createParameters } from './ckks-parameters.js';
import type { EncryptionMode } from './noise.js';

/**
 * Parameter sets for datasets that are encrypted before any model is at hand: what the planner picks for ordinary
 * networks of that depth. A model that does not fit is refused when it is planned, with the bound that was hit.
 */
export interface Profile {
  readonly parameters: CkksParameters;
  /** Scale of the encrypted features. */
  readonly inputScale: number;
}

/** Scales are between what errs little enough for every network of the zoo and what leaves bits for weights, and room above logits. */
interface KnownProfile {
  readonly parameters: (ring: RingName) => CkksParameters;
  /** Log2 of the input scale. With the secret key there is a tenth of the noise, and what the scale does not take goes to the weights. */
  readonly scaleBits: Readonly<Record<EncryptionMode, number>>;
}

const PROFILES: Readonly<Record<string, KnownProfile>> = {
  /** Convolutional networks with two squares, verifiable: 5 × 30 bits at N = 8192, 180 of 214 bits. */
  'two-squares': {
    parameters: (ring) => createParameters(8192, [30, 30, 30, 30, 30], 30, ring),
    scaleBits: { public: 21.5, symmetric: 19 },
  },
  /** Multi-layer perceptrons with one square, verifiable: 3 × 28 bits at N = 4096, 106 of 106 bits. */
  'one-square': {
    parameters: (ring) => createParameters(4096, [28, 28, 28], 22, ring),
    scaleBits: { public: 20, symmetric: 19 },
  },
};

/** Names that {@link profileNamed} knows. */
export const PROFILE_NAMES: readonly string[] = Object.keys(PROFILES);

/** The profile of that name, in the ring that costs half, for the public key. @throws InputError for any other name */
export function profileNamed(
  name: string,
  ring: RingName = 'conjugate-invariant',
  mode: EncryptionMode = 'public',
): Profile {
  const known = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
  if (known !== undefined)
    return { parameters: known.parameters(ring), inputScale: Math.round(2 ** known.scaleBits[mode]) };
  throw new InputError(`unknown profile '${name}'`, { where: 'profile', hint: `use ${PROFILE_NAMES.join(' or ')}` });
}
