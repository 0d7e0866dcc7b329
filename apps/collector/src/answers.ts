import type { DatasetManifest } from '@ciphernet/artifacts';
import { verifyAnswer } from '@ciphernet/attestation';
import { IntegrityError } from '@ciphernet/foundation';
import { identityFingerprint } from '@ciphernet/identity';
import type { Quarantine } from '@ciphernet/owner-records';
import type { CollectJob } from '@ciphernet/queue';
import { type ShardResult, isAbout } from './audits.js';

/** Whose results are taken. */
export interface WorkerPolicy {
  /** Fingerprints of the only workers that are accepted; everybody who signs, where it is empty. */
  readonly workers: readonly string[];
  readonly quarantine: Quarantine;
  /** Forged results after which a dataset is locked. */
  readonly lockAfter: number;
}

/** A result that is not what it should be, and who signed it where that is certain. */
export class ForgedResult extends Error {
  /** @param shards those whose results are certainly forged */
  constructor(
    readonly reason: unknown,
    readonly shards: readonly number[],
  ) {
    super('a result is forged');
  }
}

/** @throws IntegrityError for a dataset that was answered with forgeries too often */
export function assertUnlocked(dataset: string, { quarantine, lockAfter }: WorkerPolicy): void {
  const count = quarantine.forgeries[dataset] ?? 0;
  if (count < lockAfter) return;
  throw new IntegrityError(`the dataset is locked: ${count} results were forged`, {
    where: `dataset ${dataset.slice(0, 12)}`,
    hint: `find out whose workers these are (ciphernet quarantine), then: ciphernet quarantine --unlock ${dataset}`,
  });
}

/**
 * Verifies what workers signed: this result, of this evaluation, dataset, shard, model, circuit and engine, each exactly.
 *
 * @throws IntegrityError for an answer that is not of this evaluation, of a worker that the policy does not name, or of
 *   one in quarantine
 */
export function checkAnswers(
  job: CollectJob,
  manifest: DatasetManifest,
  results: readonly ShardResult[],
  policy: WorkerPolicy,
): void {
  const caught = new Map(policy.quarantine.workers.map((entry) => [entry.worker, entry]));
  for (const returned of results) {
    const { shard, engine, answered } = returned;
    const where = `answer for shard ${shard}`;
    const said = verifyAnswer(answered, where);
    if (said.engine !== engine || !isAbout(said, job, manifest, returned))
      throw new IntegrityError('a worker signed another answer', { where });
    const worker = identityFingerprint(said.worker);
    const entry = caught.get(worker);
    if (entry !== undefined) {
      throw new IntegrityError(`worker ${worker.slice(0, 16)}… is in quarantine since ${entry.since.slice(0, 10)}`, {
        where: `${where}; it was caught in ${entry.evaluation}`,
        hint: `evaluate again on other workers, or: ciphernet quarantine --release ${worker}`,
      });
    }
    if (policy.workers.length > 0 && !policy.workers.includes(worker)) {
      throw new IntegrityError('the policy does not name this worker', {
        where: `${where}, worker ${worker}`,
        hint: 'name it in policy.json under workers, or evaluate again on one that is named',
      });
    }
  }
}

/** Fingerprints of who signed the answers of these shards; checked before. */
export function signersOf(results: readonly ShardResult[], shards: readonly number[]): string[] {
  return results
    .filter(({ shard }) => shards.includes(shard))
    .map(({ answered, shard }) => identityFingerprint(verifyAnswer(answered, `answer for shard ${shard}`).worker));
}
