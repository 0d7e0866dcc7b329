import type { ClientSide } from '@ciphernet/compiler';
import {
  type FeatureRows,
  loadOwnExamples,
  loadPixelRows,
  ownFormatOf,
  preprocessingDigest,
  preprocessingSchema,
} from '@ciphernet/datasets';
import { IntegrityError, parseOrThrow } from '@ciphernet/foundation';

/**
 * Reads examples as a compiled model wants them encrypted; labels are not needed, and not read.
 *
 * @param path pixels for a model of images of the zoo's kind; own data for one that was calibrated on own data
 * @throws InputError naming where the data is not what the model reads
 */
export async function readExamples(path: string, client: ClientSide): Promise<FeatureRows> {
  const { preprocessing: described, transform } = client;
  if (described === undefined) return loadPixelRows(path, client, transform);
  const where = 'preprocessing of the compiled model';
  const preprocessing = parseOrThrow(preprocessingSchema, described, where);
  if (preprocessingDigest(preprocessing) !== transform.preprocessing) {
    throw new IntegrityError('the preprocessing is not the one that the model names', {
      where,
      hint: 'ask the owner of the model for its client side again',
    });
  }
  const format = await ownFormatOf(path);
  const reading = { format, preprocessing, task: { kind: 'regression' as const, outputs: 1 }, label: [] };
  return (await loadOwnExamples(path, reading)).features;
}
