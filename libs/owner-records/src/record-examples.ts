import {
  type Examples,
  type InputTransform,
  type LoadOptions,
  examplesOf,
  loadDataset,
  loadOwnExamples,
  takeExamples,
} from '@ciphernet/datasets';
import { IntegrityError } from '@ciphernet/foundation';
import type { DatasetRecord } from './dataset-record.js';

/**
 * Reads the examples that a dataset was encrypted from once more.
 *
 * @param transform of the encrypted dataset
 * @throws IntegrityError where their number or their targets are no longer those that were encrypted
 */
export async function examplesOfRecord(
  record: DatasetRecord,
  transform: InputTransform,
  folders: LoadOptions,
): Promise<Examples> {
  const { dataset, split, images, reading } = record;
  const examples =
    reading === undefined
      ? examplesOf(takeExamples(await loadDataset(dataset, split, folders), images), transform)
      : await loadOwnExamples(dataset, reading, { most: images });
  if (examples.count !== images) {
    throw new IntegrityError(`${examples.count} examples, the dataset had ${images}`, {
      where: dataset,
      hint: 'the data changed after it was encrypted: encrypt it again',
    });
  }
  if (examples.targetsDigest !== record.labels) {
    throw new IntegrityError('the labels are not those that the dataset was encrypted with', {
      where: dataset,
      hint: 'restore the label file, or encrypt the dataset again with the new labels',
    });
  }
  return examples;
}
