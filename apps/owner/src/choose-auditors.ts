import { InputError } from '@ciphernet/foundation';
import type { Consent } from '@ciphernet/owner-records';

/**
 * Auditors that an evaluation asks for by name, so that each audits every shard; none, where anybody may.
 *
 * @param named what the owner asked for
 * @param accepted whom the owner believes, in the order of the policy
 * @throws InputError when the dataset's consent wants more than there are
 */
export function chooseAuditors(
  { dataset, audits }: Pick<Consent, 'dataset' | 'audits'>,
  { audit, named }: { readonly audit: boolean; readonly named: readonly string[] | undefined },
  accepted: readonly string[],
): readonly string[] {
  const where = `dataset ${dataset.slice(0, 12)}`;
  if (!audit) {
    if (audits === 'none' && named === undefined) return [];
    throw new InputError('an evaluation without audits, of a dataset whose consent wants them', {
      where,
      hint: 'leave --no-audit out, or: ciphernet allow --dataset … --audits none',
    });
  }
  if (audits === 'none') return named ?? [];
  const chosen = [...new Set(named ?? accepted)];
  const count = chosen.filter((auditor) => accepted.includes(auditor)).length;
  if (count >= audits) return named === undefined ? chosen.slice(0, audits) : chosen;
  throw new InputError(`the dataset’s consent wants ${audits} independent audits, and ${count} auditors are known`, {
    where,
    hint: 'name more of them, by the fingerprint that their worker prints, as auditors in policy.json',
  });
}
