import { type DatasetManifest, type ResultSample, arePositionsOf } from '@ciphernet/artifacts';
import { type Attestation, verifyAttestation } from '@ciphernet/attestation';
import { type Plan, positionsPerPrime } from '@ciphernet/compiler';
import { IntegrityError, elementAt } from '@ciphernet/foundation';
import { identityFingerprint } from '@ciphernet/identity';
import {
  type AuditedResult,
  type CollectJob,
  type InferredResult,
  parseAudited,
  parseInferred,
} from '@ciphernet/queue';
import type { Terms } from '@ciphernet/owner-records';
import type { Report } from '@ciphernet/report';

/** A shard's result, what its worker signed, and its auditors where there were any. */
export interface ShardResult extends Omit<InferredResult, 'signed'> {
  readonly answered: InferredResult['signed'];
  readonly audited: readonly NonNullable<AuditedResult['signed']>[];
}

function shardResult({ inferred, signed, earlier = [] }: AuditedResult): ShardResult {
  const { signed: answered, ...rest } = inferred;
  return { ...rest, answered, audited: signed === undefined ? earlier : [signed, ...earlier] };
}

/** What the children of a collect job returned. @throws InputError for anything else */
export function parseChildren(job: CollectJob, values: readonly unknown[]): ShardResult[] {
  if (job.audit !== true) return values.map((value) => shardResult({ inferred: parseInferred(value) }));
  return values.map((value) => shardResult(parseAudited(value)));
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
  /** What the dataset's consent wants. */
  readonly wanted: Terms['audits'];
}

/** Who audited an evaluation, and whether the owner believes them. */
export type Audits = NonNullable<Report['audits']>;

/** What an auditor computed of a shard's result. */
export interface ShardAudit extends ResultSample {
  /** Fingerprint of its key. */
  readonly auditor: string;
}

/** What auditors signed of a shard's result. @throws IntegrityError for what was not signed of this result */
function auditsOf(job: CollectJob, manifest: DatasetManifest, shardResult: ShardResult): ShardAudit[] {
  const where = `audit of shard ${shardResult.shard}`;
  return shardResult.audited.map((audited) => {
    const said = verifyAttestation(audited, where);
    if (!isAbout(said, job, manifest, shardResult))
      throw new IntegrityError('an audit is of another result', { where });
    if (!arePositionsOf(manifest.parameters, said.positions))
      throw new IntegrityError('an audit is of positions that the dataset does not have', { where });
    return { auditor: identityFingerprint(said.auditor), positions: said.positions, values: said.values };
  });
}

/** Auditors of a shard who count for what the consent wants. */
function countedAuditors(
  of: ReadonlySet<string>,
  { auditors, wanted }: AuditPolicy,
  owners: ReadonlySet<string>,
): number {
  const believed = [...of].filter((auditor) => auditors.includes(auditor));
  // A model's owner is not independent of it.
  return believed.filter((auditor) => owners.has(auditor) === (wanted === 'model-owner')).length;
}

/** @throws IntegrityError where a shard lacks audits that the dataset's consent wants */
function assertWanted(
  { evaluation, manifest }: CollectJob,
  shards: readonly ReadonlySet<string>[],
  policy: AuditPolicy,
  owners: ReadonlySet<string>,
): void {
  const { wanted } = policy;
  if (wanted === 'none') return;
  const counts = shards.map((of) => countedAuditors(of, policy, owners));
  const least = Math.min(...counts);
  const isOwners = wanted === 'model-owner';
  if (least >= (isOwners ? 1 : wanted)) return;
  const what = isOwners ? 'an audit by the model’s owner' : `${wanted} independent audits`;
  const whom = isOwners ? 'owners of the model whom the consent or the policy names' : 'auditors whom the policy names';
  throw new IntegrityError(
    `the dataset’s consent wants ${what}, and shard ${counts.indexOf(least)} has ${least} of ${whom}`,
    {
      where: evaluation,
      hint: `enqueue it again (the owner’s enqueue asks auditors by name), or: ciphernet allow --dataset ${manifest} --audits …`,
    },
  );
}

/** What auditors signed of an evaluation. */
export interface CheckedAudits {
  /** Of each shard, in their order; no result has been held against them yet. */
  readonly ofShards: readonly (readonly ShardAudit[])[];
  /** Of those whom the policy names, where every shard has one of them; undefined when a shard was not audited. */
  readonly audits: Audits | undefined;
}

/**
 * Verifies what auditors signed: of this evaluation, dataset, shard, model, circuit and result, each exactly.
 *
 * @param ownersAmong which of some keys have signed the model as its owner
 * @throws IntegrityError for a signature or an attestation that is not of this evaluation, and for want of an auditor that
 *   the policy or the dataset's consent requires
 */
export async function checkAudits(
  job: CollectJob,
  manifest: DatasetManifest,
  results: readonly ShardResult[],
  policy: AuditPolicy,
  ownersAmong: (fingerprints: ReadonlySet<string>) => Promise<ReadonlySet<string>>,
): Promise<CheckedAudits> {
  const ofShards = results.map((result) => auditsOf(job, manifest, result));
  const byShard = ofShards.map((audits) => new Set(audits.map(({ auditor }) => auditor)));
  const auditors = new Set(byShard.flatMap((of) => [...of]));
  const owners = await ownersAmong(auditors);
  assertWanted(job, byShard, policy, owners);
  const isBelieved = ({ auditor }: ShardAudit): boolean => policy.auditors.includes(auditor);
  // Whoever reaches the queue can sign as one more auditor: what is of those who are believed is so with or without it.
  const believed = ofShards.every((audits) => audits.some(isBelieved));
  if (policy.required && !believed) {
    throw new IntegrityError('the result was not audited by anybody whom the policy names', {
      where: job.evaluation,
      hint: 'name auditors in policy.json, or let workers of one that is named take audit jobs',
    });
  }
  if (!byShard.every((of) => of.size > 0)) return { ofShards, audits: undefined };
  const counted = believed ? ofShards.map((audits) => audits.filter(isBelieved)) : ofShards;
  const names = new Set(counted.flatMap((audits) => audits.map(({ auditor }) => auditor)));
  const modelOwners = [...owners].filter((owner) => names.has(owner));
  let positionsPerPrime = Infinity;
  for (const { positions } of counted.flat()) {
    for (const { length } of positions) positionsPerPrime = Math.min(positionsPerPrime, length);
  }
  const audits = {
    auditors: [...names].sort(),
    ...(modelOwners.length === 0 ? {} : { modelOwners: modelOwners.sort() }),
    believed,
    positionsPerPrime,
  };
  return { ofShards, audits };
}

/** @throws IntegrityError where auditors who are believed drew fewer positions than the plan takes to find a forgery */
export function assertEnough(audits: Audits | undefined, plan: Plan | undefined, evaluation: string): void {
  if (audits?.believed !== true || plan?.slotBound === undefined) return;
  const needed = positionsPerPrime(plan);
  if (audits.positionsPerPrime >= needed) return;
  throw new IntegrityError(
    `an audit of ${audits.positionsPerPrime} positions of each prime, the plan takes ${needed}`,
    {
      where: evaluation,
      hint: 'auditors of this version draw as many: run one version everywhere, and do not name that auditor until it does',
    },
  );
}
