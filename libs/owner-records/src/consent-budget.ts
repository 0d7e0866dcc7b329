import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, writeWhole } from '@ciphernet/foundation';
import type { Consent } from './consent.js';
import { readDatasetRecords } from './dataset-record.js';
import type { OwnerConfiguration } from './owner-configuration.js';

/** Where it is kept what was decrypted, and which datasets are of the same examples. */
type BudgetLocation = Pick<OwnerConfiguration, 'consentsFolder' | 'recordsFolder'>;

const folderOf = ({ consentsFolder }: BudgetLocation, dataset: string): string =>
  join(consentsFolder, `${dataset}.evaluations`);

/** Manifests of the same examples, however often they were encrypted: their labels tell. Itself, where there is no record. */
export async function sameExamples(recordsFolder: string, manifest: string): Promise<ReadonlySet<string>> {
  const records = await readDatasetRecords(recordsFolder);
  const labels = records.find((record) => record.manifest === manifest)?.labels;
  return new Set([manifest, ...records.filter((record) => record.labels === labels).map((record) => record.manifest)]);
}

/** Evaluations of a dataset that were decrypted, under earlier keys too. */
export async function spentEvaluations(owner: BudgetLocation, dataset: string): Promise<ReadonlySet<string>> {
  const manifests = [...(await sameExamples(owner.recordsFolder, dataset))];
  const names = await Promise.all(manifests.map((manifest) => readdir(folderOf(owner, manifest)).catch(() => [])));
  return new Set(names.flat().map((name) => name.replace(/\.json$/, '')));
}

/**
 * Puts an evaluation on a consent's account, before anything of it is decrypted: a file each, so that one that comes again
 * costs nothing more.
 *
 * @throws InputError when the budget is used up
 */
export async function spendEvaluation(
  owner: BudgetLocation,
  { dataset, budget }: Pick<Consent, 'dataset' | 'budget'>,
  evaluation: string,
): Promise<void> {
  const spent = await spentEvaluations(owner, dataset);
  if (spent.has(evaluation)) return;
  if (budget.evaluations !== undefined && spent.size >= budget.evaluations) {
    throw new InputError(`the consent’s budget is used up: ${spent.size} of ${budget.evaluations} evaluations`, {
      where: `dataset ${dataset.slice(0, 12)}`,
      hint: `ciphernet allow --dataset ${dataset} --evaluations …`,
    });
  }
  const entry = { format: 'ciphernet-decrypted', version: 1, evaluation, at: new Date().toISOString() };
  const file = join(folderOf(owner, dataset), `${evaluation}.json`);
  await writeWhole(file, `${JSON.stringify(entry)}\n`, { mode: 0o600, folderMode: 0o700 });
}
