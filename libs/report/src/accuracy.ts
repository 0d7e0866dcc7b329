import { UnsupportedError } from '@ciphernet/foundation';
import type { Report } from './schema.js';

/** Encrypted accuracy of a classification. @throws UnsupportedError for a report that has none: of a regression, or without labels */
export function accuracyOf({ accuracy, evaluation }: Pick<Report, 'accuracy' | 'evaluation'>): number {
  if (accuracy.encrypted !== undefined) return accuracy.encrypted;
  throw new UnsupportedError('the evaluation has no accuracy: nothing was classified, or nobody knows the answers', {
    where: evaluation,
    hint: 'histories, curves and publications are of accuracies',
  });
}
