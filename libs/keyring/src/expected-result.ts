import {
  type BatchHeader,
  HEADER_READ_BYTES,
  MOST_COMPONENTS,
  batchFromBytes,
  parseHeader,
  travellingShape,
} from '@ciphernet/artifacts';
import { type CkksParameters, parametersDigest } from '@ciphernet/ckks';
import { IntegrityError } from '@ciphernet/foundation';
import type { DecryptedResult, ResultDecryptor } from './decrypt.js';

/** What a result has to be of: a shard of the owner's. */
export interface ExpectedShard {
  readonly parameters: CkksParameters;
  readonly keyFingerprint: string;
  /** Slots in use. */
  readonly images: number;
  /** Values an example. */
  readonly outputs: number;
}

/** And of a plan, where one is known that can be believed. */
export interface ExpectedPlan {
  readonly scale: number;
  readonly primes: number;
  readonly components: number;
  /** Largest value of any slot of an honest result; of verifiable plans only. */
  readonly slotBound?: number | undefined;
  /** True where each ciphertext holds one value, as its coefficient of X^0. */
  readonly isConstant?: boolean;
}

/**
 * A result must be of this shard: its images, outputs, parameters and key, with primes that the shard has, in their order;
 * and of this plan, where it is known. Checked on the header alone, before anything is made of the body.
 */
function checkResult(
  header: BatchHeader,
  shard: ExpectedShard,
  plan: ExpectedPlan | undefined,
  names: { readonly shard: string; readonly where: string },
): void {
  const { parameters, images, outputs, keyFingerprint } = shard;
  const single = { ciphertexts: outputs, values: undefined };
  const shape = plan?.isConstant === true ? single : travellingShape(parameters.ring, outputs);
  const ofShard =
    header.kind === 'result' &&
    header.images === images &&
    header.ring === parameters.ring &&
    header.values === shape.values &&
    header.ciphertexts === shape.ciphertexts &&
    header.tile === header.ringDegree &&
    header.parametersDigest === parametersDigest(parameters) &&
    header.keyFingerprint === keyFingerprint &&
    header.ringDegree === parameters.ringDegree &&
    header.primes.length <= parameters.primes.length &&
    header.primes.every((prime, primeIndex) => prime === parameters.primes[primeIndex]) &&
    header.components <= MOST_COMPONENTS;
  const ofPlan =
    plan === undefined ||
    (header.scale === plan.scale && header.primes.length === plan.primes && header.components === plan.components);
  if (ofShard && ofPlan) return;
  throw new IntegrityError(
    `the result is not of ${ofShard ? "the model's plan" : names.shard} (images, classes, primes, scale, components, key or parameters differ)`,
    {
      where: names.where,
      hint: 'a worker returned another result than it was asked for: evaluate again, and find out which worker it was',
    },
  );
}

/**
 * Decrypts a result that came from elsewhere, after its header was held against what it should be.
 *
 * @param names what the shard and the place are called in errors
 * @throws IntegrityError for damage, and for a result of another shard, plan, key or of other parameters
 */
export function decryptResult(
  decryptor: ResultDecryptor,
  bytes: Uint8Array,
  shard: ExpectedShard,
  plan: ExpectedPlan | undefined,
  names: { readonly shard: string; readonly where: string },
): DecryptedResult {
  const parsed = parseHeader(bytes.subarray(0, HEADER_READ_BYTES), bytes.length, names.where);
  checkResult(parsed.header, shard, plan, names);
  const batch = batchFromBytes(bytes, parsed, names.where);
  if (plan?.isConstant !== true) return decryptor.decrypt(batch, names.where);
  const values = decryptor.decryptConstants(batch, names.where);
  return { values, largestSlot: values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) };
}

/**
 * Every slot of an honest result is below the plan's bound: what is not was forged, or private data is far out of range.
 *
 * @throws IntegrityError beyond it, and for what is no number
 */
export function checkSlots(largest: number, bound: number | undefined, where: string): void {
  // Written so that NaN is refused.
  if (bound === undefined || largest <= bound) return;
  throw new IntegrityError('a slot is beyond what the model can give', {
    where: `${where}, ${largest.toPrecision(3)} against ${bound.toPrecision(3)}`,
    hint: 'evaluate again on other workers; if it stays, the data is out of the range that the model was calibrated on',
  });
}
