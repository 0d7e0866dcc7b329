import { affineOfFeatures } from '@ciphernet/datasets';
import { InputError } from '@ciphernet/foundation';
import type { Model } from '../model-store.js';

/**
 * Holds a model against data that it does not say how to read: a dataset by its name, whose pixels are in [0, 1] and are evaluated as they are.
 *
 * @throws InputError for a model whose first layer stands for values that are shifted or scaled
 */
export function assertTakesPixels({ record, digest }: Pick<Model, 'record' | 'digest'>): void {
  if (record.version !== 3) return;
  const { offsets, scales } = affineOfFeatures(record.preprocessing);
  if (offsets.every((offset) => offset === 0) && scales.every((scale) => scale === 1)) return;
  throw new InputError(
    'the model shifts or scales what it reads, and pixels of a named dataset are taken as they are',
    {
      where: `model ${digest.slice(0, 12)}`,
      hint: 'give the data as a file, which is read as the model says; or import the model with the range 0..1',
    },
  );
}
