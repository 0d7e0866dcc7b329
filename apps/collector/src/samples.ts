import { openPackedResult, sampleOfResult } from '@ciphernet/artifacts';
import { IntegrityError } from '@ciphernet/foundation';
import type { AuditPolicy, ShardAudit } from './audits.js';

/** A result that has other residues than an auditor computed. */
export class SampleMismatch extends IntegrityError {
  /** @param isCertain whether the owner believes the auditor: then the worker is to blame */
  constructor(
    auditor: string,
    shard: number,
    readonly isCertain: boolean,
  ) {
    super(`the result of shard ${shard} is not what an auditor computed of the model`, {
      where: `auditor ${auditor.slice(0, 16)}…`,
      hint: isCertain
        ? 'its worker is in quarantine (ciphernet quarantine): evaluate again on others'
        : 'the policy does not name that auditor, so no worker is blamed: evaluate again, and name auditors whom you trust',
    });
  }
}

/**
 * Holds a result against what auditors computed of it. Whoever reaches the queue can sign as an auditor: what does not fit ends the
 * evaluation in any case, as leaving a shard out would, but puts a worker in quarantine only by the word of an auditor whom the policy
 * names.
 *
 * @param bytes of the result, as its worker signed them
 * @throws SampleMismatch where they differ; by an auditor who is believed, if there is one
 * @throws IntegrityError for what is no result
 */
export function checkSamples(
  bytes: Uint8Array,
  shard: number,
  audits: readonly ShardAudit[],
  { auditors }: Pick<AuditPolicy, 'auditors'>,
): void {
  if (audits.length === 0) return;
  const result = openPackedResult(bytes, `result of shard ${shard}`);
  const isBelieved = ({ auditor }: ShardAudit): boolean => auditors.includes(auditor);
  const differing = audits.filter(({ positions, values }) => sampleOfResult(result, positions) !== values);
  const found = differing.find(isBelieved) ?? differing[0];
  if (found !== undefined) throw new SampleMismatch(found.auditor, shard, isBelieved(found));
}
