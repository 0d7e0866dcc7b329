import { InputError } from '@ciphernet/foundation';
import type { Statement } from '@ciphernet/publication';
import type { Cost } from './disclose.js';
import type { DisclosurePolicy } from './policy.js';

/** One publication, for the account. */
export interface Charge extends Cost {
  readonly statement: Pick<Statement, 'dataset' | 'model' | 'parameters'>;
}

/** What was spent on one thing, and what the policy allows. */
export interface Balance {
  readonly what: string;
  readonly spent: number;
  readonly allowed: number;
}

const sum = (charges: readonly Charge[], of: (charge: Charge) => number): number =>
  charges.reduce((total, charge) => total + of(charge), 0);

/** Models of the same owner as this one, by the policy; itself alone, where the policy names no owner of it. */
function modelsOfOwner({ modelOwners }: DisclosurePolicy, model: string): ReadonlySet<string> {
  return new Set([
    model,
    ...Object.values(modelOwners)
      .filter((models) => models.includes(model))
      .flat(),
  ]);
}

/**
 * Every account that `charge` would be put on, with it.
 *
 * @param isSameData true for manifests of the data that is published about: encrypting it again makes no new budget
 */
export function balances(
  earlier: readonly Charge[],
  charge: Charge,
  policy: DisclosurePolicy,
  isSameData: (manifest: string) => boolean,
): Balance[] {
  const all = [...earlier, charge];
  const { dataset, model, parameters } = charge.statement;
  const ofKey = all.filter(({ statement }) => statement.parameters.keyFingerprint === parameters.keyFingerprint);
  const ofDataset = all.filter(
    ({ statement }) => statement.dataset.manifest === dataset.manifest || isSameData(statement.dataset.manifest),
  );
  const models = modelsOfOwner(policy, model.digest);
  const ofModelOwner = all.filter(({ statement }) => models.has(statement.model.digest));
  const ofModel = all.filter(({ statement }) => statement.model.digest === model.digest);
  return [
    { what: 'bits of this key', spent: sum(ofKey, ({ bits }) => bits), allowed: policy.bitsPerKey },
    { what: 'evaluations of this key', spent: ofKey.length, allowed: policy.evaluationsPerKey },
    // In thousandths: tenths that are added up miss a whole one.
    {
      what: 'ε of this dataset',
      spent: Math.round(sum(ofDataset, ({ epsilon }) => 1000 * epsilon)) / 1000,
      allowed: policy.epsilonPerDataset,
    },
    { what: 'evaluations of this dataset', spent: ofDataset.length, allowed: policy.evaluationsPerDataset },
    { what: 'evaluations of this model', spent: ofModel.length, allowed: policy.evaluationsPerModel },
    {
      what: 'evaluations of its owner’s models',
      spent: ofModelOwner.length,
      allowed: policy.evaluationsPerModelOwner,
    },
  ];
}

/** @throws InputError when publishing would spend more than the policy allows, with what to do */
export function assertWithinBudget(all: readonly Balance[], where: string): void {
  const over = all.find(({ spent, allowed }) => spent > allowed);
  if (over === undefined) return;
  throw new InputError(`the budget is used up: ${over.spent.toFixed(1)} of ${over.allowed} ${over.what}`, {
    where,
    hint: over.what.endsWith('key')
      ? 'make new keys: ciphernet keys rotate; what is published stays published'
      : 'keep the report to yourself, or evaluate on data that nothing was published about',
  });
}
