import { InputError } from '@ciphernet/foundation';
import type { Consent } from '@ciphernet/owner-records';

/** Whom an evaluation may ask. */
export interface KnownAuditors {
  /** Whom the owner believes, in the order of the policy. */
  readonly believed: readonly string[];
  /** Those of them, and of the model owners whom the consent names, that have signed the model. */
  readonly owners: ReadonlySet<string>;
}

/** Those who count for what the consent wants. */
function eligible(audits: Consent['audits'], { believed, owners }: KnownAuditors): string[] {
  if (audits === 'model-owner') return [...owners];
  return [...new Set(believed)].filter((auditor) => !owners.has(auditor));
}

/**
 * Auditors that an evaluation asks for by name, so that each audits every shard; none, where anybody may.
 *
 * @param named what the owner asked for
 * @throws InputError when the dataset's consent wants more than there are, or who is named is not asked
 */
export function chooseAuditors(
  { dataset, audits }: Pick<Consent, 'dataset' | 'audits'>,
  { audit, named }: { readonly audit: boolean; readonly named: readonly string[] | undefined },
  known: KnownAuditors,
): readonly string[] {
  const where = `dataset ${dataset.slice(0, 12)}`;
  if (!audit && named !== undefined) {
    throw new InputError('auditors are named for an evaluation without audits', {
      where: '--auditor',
      hint: 'leave it out, or --no-audit',
    });
  }
  if (!audit) {
    if (audits === 'none') return [];
    throw new InputError('an evaluation without audits, of a dataset whose consent wants them', {
      where,
      hint: 'leave --no-audit out, or: ciphernet allow --dataset … --audits none',
    });
  }
  if (audits === 'none') return named ?? [];
  const isOwners = audits === 'model-owner';
  const count = isOwners ? 1 : audits;
  const accepted = eligible(audits, known);
  const chosen = [...new Set(named ?? accepted)];
  const found = chosen.filter((auditor) => accepted.includes(auditor)).length;
  if (found >= count) return named === undefined ? chosen.slice(0, count) : chosen;
  const hint = isOwners
    ? `the model’s owner signs it (ciphernet model sign) and tells you the fingerprint: ciphernet allow --dataset ${dataset} --model-owner …`
    : 'name more of them, by the fingerprint that their worker prints, as auditors in policy.json; the model’s owner does not count';
  throw new InputError(
    isOwners
      ? 'the dataset’s consent wants an audit by the model’s owner, who is not known'
      : `the dataset’s consent wants ${count} independent audits, and ${found} auditors are known`,
    { where, hint },
  );
}
