import { type BatchHeader, type DatasetManifest, MOST_COMPONENTS, travellingShape } from '@ciphernet/artifacts';
import { componentsAfter, parametersDigest } from '@ciphernet/ckks';
import type { Plan } from '@ciphernet/compiler';
import { IntegrityError } from '@ciphernet/foundation';

/** What results are held against. */
export interface Expected {
  readonly manifest: DatasetManifest;
  /** Of the circuit: compiled here, or attested by an auditor whom the owner believes. */
  readonly plan: Plan | undefined;
}

/**
 * A result must be of this shard: its images, classes, parameters and key, with primes that the dataset has, in their
 * order; and of this plan, where a plan is known that can be believed. Checked on the header alone, before anything is made
 * of the body.
 */
export function checkResult(header: BatchHeader, expected: Expected, shard: number, where: string): void {
  const { manifest, plan } = expected;
  const { parameters } = manifest;
  const shape = travellingShape(parameters.ring, manifest.classes);
  const ofShard =
    header.kind === 'result' &&
    header.images === manifest.shards[shard]?.images &&
    header.ring === parameters.ring &&
    header.values === shape.values &&
    header.ciphertexts === shape.ciphertexts &&
    header.tile === header.ringDegree &&
    header.parametersDigest === parametersDigest(parameters) &&
    header.keyFingerprint === manifest.keyFingerprint &&
    header.ringDegree === parameters.ringDegree &&
    header.primes.length <= parameters.primes.length &&
    header.primes.every((prime, primeIndex) => prime === parameters.primes[primeIndex]) &&
    header.components <= MOST_COMPONENTS;
  const ofPlan =
    plan === undefined ||
    (header.scale === plan.resultScale &&
      header.primes.length === plan.resultPrimes &&
      header.components === componentsAfter(plan.maps.length - 1));
  if (ofShard && ofPlan) return;
  throw new IntegrityError(
    `the result is not of ${ofShard ? "the model's plan" : `shard ${shard}`} (images, classes, primes, scale, components, key or parameters differ)`,
    {
      where,
      hint: 'a worker returned another result than it was asked for: evaluate again, and find out which worker it was',
    },
  );
}

/** Every slot of an honest result is below the plan's bound: what is not was forged, or private data is far out of range. */
export function checkSlots(largest: number, { plan }: Expected, where: string): void {
  // Written so that NaN is refused.
  if (plan?.slotBound === undefined || largest <= plan.slotBound) return;
  throw new IntegrityError('a slot is beyond what the model can give', {
    where: `${where}, ${largest.toPrecision(3)} against ${plan.slotBound.toPrecision(3)}`,
    hint: 'evaluate again on other workers; if it stays, the data is out of the range that the model was calibrated on',
  });
}
