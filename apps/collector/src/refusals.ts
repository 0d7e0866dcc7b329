import type { DatasetManifest } from '@ciphernet/artifacts';
import { verifyRefusal } from '@ciphernet/attestation';
import { IntegrityError } from '@ciphernet/foundation';
import { identityFingerprint } from '@ciphernet/identity';
import type { CollectJob } from '@ciphernet/queue';
import { ForgedResult } from './answers.js';
import { type AuditPolicy, type ShardResult, isAbout } from './audits.js';

/** A refusal that counts, and what it says. */
interface Found {
  readonly shard: number;
  readonly auditor: string;
  readonly found: string;
}

/** What auditors refused of one shard. @throws IntegrityError for what was not signed of this result */
function refusalsOf(job: CollectJob, manifest: DatasetManifest, result: ShardResult): Found[] {
  const { shard } = result;
  const where = `refusal of shard ${shard}`;
  return result.refused.map((refused) => {
    const said = verifyRefusal(refused, where);
    if (!isAbout(said, job, manifest, result)) throw new IntegrityError('a refusal is of another result', { where });
    return { shard, auditor: identityFingerprint(said.auditor), found: said.found };
  });
}

/**
 * Holds the evaluation against what auditors found forged. Whoever reaches the queue can sign a refusal: it ends the evaluation in any
 * case, as leaving a shard out would, but puts a worker in quarantine only by the word of an auditor whom the policy names.
 *
 * @param results whose answers were verified as their workers'
 * @throws ForgedResult with the shards that an auditor of the policy refused
 * @throws IntegrityError for a refusal by anybody else, or of another result
 */
export function checkRefusals(
  job: CollectJob,
  manifest: DatasetManifest,
  results: readonly ShardResult[],
  { auditors }: Pick<AuditPolicy, 'auditors'>,
): void {
  const refusals = results.flatMap((result) => refusalsOf(job, manifest, result));
  const [first] = refusals;
  if (first === undefined) return;
  const believed = refusals.filter(({ auditor }) => auditors.includes(auditor));
  const { shard, auditor, found } = believed[0] ?? first;
  const reason = new IntegrityError(`an auditor refused the result of shard ${shard}: ${found}`, {
    where: `auditor ${auditor.slice(0, 16)}…`,
    hint:
      believed.length > 0
        ? 'its worker is in quarantine (ciphernet quarantine): evaluate again on others'
        : 'the policy does not name that auditor, so no worker is blamed: evaluate again, and name auditors whom you trust',
  });
  if (believed.length === 0) throw reason;
  throw new ForgedResult(reason, [...new Set(believed.map((one) => one.shard))]);
}
