import type { DatasetManifest } from '@ciphernet/artifacts';
import { type Attestation, verifyAttestation } from '@ciphernet/attestation';
import { IntegrityError, elementAt } from '@ciphernet/foundation';
import { identityFingerprint } from '@ciphernet/identity';
import {
  type AuditedResult,
  type CollectJob,
  type InferredResult,
  parseAudited,
  parseInferred,
} from '@ciphernet/queue';
import type { Report } from '@ciphernet/report';

/** A shard's result, what its worker signed, and its auditor where there was one. */
export interface ShardResult extends Omit<InferredResult, 'signed'> {
  readonly answered: InferredResult['signed'];
  readonly audited?: AuditedResult['signed'];
}

function shardResult(
  { signed: answered, ...inferred }: InferredResult,
  audited?: AuditedResult['signed'],
): ShardResult {
  return { ...inferred, answered, ...(audited === undefined ? {} : { audited }) };
}

/** What the children of a collect job returned. @throws InputError for anything else */
export function parseChildren(job: CollectJob, values: readonly unknown[]): ShardResult[] {
  if (job.audit !== true) return values.map(parseInferred).map((inferred) => shardResult(inferred));
  return values.map(parseAudited).map(({ inferred, signed }) => shardResult(inferred, signed));
}

/** True when what somebody signed is of this evaluation, dataset, model, shard, circuit and result, each exactly. */
export function isAbout(
  said: Pick<Attestation, 'evaluation' | 'manifest' | 'model' | 'shard' | 'shardDigest' | 'compiled' | 'result'>,
  job: CollectJob,
  manifest: DatasetManifest,
  { shard, compiled, result }: Pick<ShardResult, 'shard' | 'compiled' | 'result'>,
): boolean {
  return (
    said.evaluation === job.evaluation &&
    said.manifest === job.manifest &&
    said.model === job.model &&
    said.shard === shard &&
    said.shardDigest === elementAt(manifest.shards, shard).digest &&
    said.compiled === compiled &&
    said.result === result
  );
}

/** Whose audits count. */
export interface AuditPolicy {
  /** Fingerprints of auditors that the owner believes. */
  readonly auditors: readonly string[];
  /** Refuse a result that none of them has audited. */
  readonly required: boolean;
}

/** Who audited an evaluation, and whether the owner believes them. */
export type Audits = NonNullable<Report['audits']>;

/**
 * Verifies what auditors signed: of this evaluation, dataset, shard, model, circuit and result, each exactly.
 *
 * @returns undefined when a shard was not audited
 * @throws IntegrityError for a signature or an attestation that is not of this evaluation, and for want of a believed
 *   auditor where the policy requires one
 */
export function checkAudits(
  job: CollectJob,
  manifest: DatasetManifest,
  results: readonly ShardResult[],
  policy: AuditPolicy,
): Audits | undefined {
  const auditors = new Set<string>();
  let positions = Infinity;
  let isWhole = true;
  for (const shardResult of results) {
    const { shard, audited } = shardResult;
    if (audited === undefined) {
      isWhole = false;
      continue;
    }
    const where = `audit of shard ${shard}`;
    const said = verifyAttestation(audited, where);
    if (!isAbout(said, job, manifest, shardResult))
      throw new IntegrityError('an audit is of another result', { where });
    auditors.add(identityFingerprint(said.auditor));
    positions = Math.min(positions, said.positions);
  }
  const believed = isWhole && [...auditors].every((auditor) => policy.auditors.includes(auditor));
  if (policy.required && !believed) {
    throw new IntegrityError('the result was not audited by anybody whom the policy names', {
      where: job.evaluation,
      hint: 'name auditors in policy.json, or let workers of one that is named take audit jobs',
    });
  }
  return isWhole ? { auditors: [...auditors].sort(), believed, positionsPerPrime: positions } : undefined;
}
