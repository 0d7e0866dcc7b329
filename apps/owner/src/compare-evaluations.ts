import { NO_TRANSFORM } from '@ciphernet/datasets';
import {
  type OwnerConfiguration,
  examplesOfRecord,
  readDatasetRecord,
  readKeptOutputs,
  readOutcome,
} from '@ciphernet/owner-records';
import type { ModelComparison } from '@ciphernet/report';
import { type NamedOutputs, assertComparable, assertSameExamples, compareOutputs } from './compare-outputs.js';

/** Reads what was kept, and the targets once more, from the owner's files alone: no key, no queue, no store. */
export async function compareEvaluations(
  owner: Pick<OwnerConfiguration, 'reportsFolder' | 'recordsFolder' | 'datasetFolders' | 'passphrase'>,
  evaluations: readonly string[],
): Promise<ModelComparison> {
  assertComparable(evaluations);
  const { reportsFolder, recordsFolder, datasetFolders, passphrase } = owner;
  const named: NamedOutputs[] = [];
  for (const evaluation of evaluations) {
    const kept = await readKeptOutputs(reportsFolder, evaluation, passphrase);
    const outcome = await readOutcome(reportsFolder, evaluation);
    const name = outcome?.kind === 'accepted' ? outcome.report.model.name : undefined;
    named.push(name === undefined ? { kept } : { kept, name });
  }
  assertSameExamples(named.map(({ kept }) => kept));
  const record = await readDatasetRecord(recordsFolder, named[0]?.kept.dataset ?? '');
  // Targets are wanted only, and no transform changes them.
  const examples = await examplesOfRecord(record, NO_TRANSFORM, datasetFolders);
  return compareOutputs(named, examples);
}
