import { identityFingerprint } from '@ciphernet/identity';
import type { Consent, Terms } from '@ciphernet/owner-records';

/** The terms that say what follows from an evaluation. */
export type ReleaseTerms = Pick<Terms, 'metrics' | 'slices' | 'budget' | 'audits'>;

function auditsToText(audits: Terms['audits']): string {
  if (audits === 'none') return 'none wanted';
  return audits === 'model-owner' ? 'by the model’s owner' : `${audits} independent`;
}

/** The terms of a consent besides models and runs, a line each. */
export function termsToText({ metrics, slices, budget, audits }: ReleaseTerms): string {
  const classes = slices === 'all' ? 'every class' : `class ${slices.join(', ')}`;
  const confusion = metrics.includes('confusion') ? `; confusion of ${classes}` : '';
  const lines = {
    publish: metrics.includes('accuracy') ? `accuracy of all examples${confusion}` : 'nothing',
    budget: `${budget.evaluations ?? 'any number of'} evaluations, ε of ${budget.epsilon ?? 'the policy'}`,
    audits: auditsToText(audits),
  };
  return Object.entries(lines)
    .map(([name, line]) => `${name.padEnd(10)} ${line}`)
    .join('\n');
}

/** All that a consent says. @param spent evaluations that were decrypted */
export function consentToText(consent: Consent, spent: number): string {
  const { dataset, models, modelOwners, runs, owner } = consent;
  return [
    `dataset    ${dataset}`,
    ...models.map((model) => `model      ${model}`),
    ...modelOwners.map((key) => `models of  ${key}`),
    ...runs.map((run) => `run        ${run}`),
    termsToText(consent),
    `decrypted  ${spent} evaluation${spent === 1 ? '' : 's'} so far`,
    `signed by  ${identityFingerprint(owner)}`,
  ].join('\n');
}
