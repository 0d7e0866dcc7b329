import { InputError } from '@ciphernet/foundation';
import { PUBLISHED_METRICS, type Statement } from '@ciphernet/publication';

/** What a dataset's consent lets into a published statement. */
export interface Release {
  readonly metrics: readonly (typeof PUBLISHED_METRICS)[number][];
  /** Classes that the figures may be about one by one, besides all examples together. */
  readonly slices: 'all' | readonly number[];
}

/** Of everything that a statement can have. */
export const EVERYTHING: Release = Object.freeze({ metrics: PUBLISHED_METRICS, slices: 'all' });

/** True for a class whose row of a confusion matrix may be published. */
export function isReleased({ slices }: Release, label: number): boolean {
  return slices === 'all' || slices.includes(label);
}

/** @throws InputError for a metric that the consent does not name, with how to allow it */
export function assertMetrics(release: Release, metrics: Release['metrics'], dataset: string, where: string): void {
  const missing = metrics.filter((metric) => !release.metrics.includes(metric));
  if (missing.length === 0) return;
  const all = PUBLISHED_METRICS.filter((metric) => release.metrics.includes(metric) || missing.includes(metric));
  throw new InputError(`the dataset’s consent does not release its ${missing.join(' and ')}`, {
    where,
    hint: `ciphernet allow --dataset ${dataset} --metrics ${all.join(',')}`,
  });
}

/**
 * Figures are drawn once and may be published later, when less is released.
 *
 * @throws InputError for a statement with figures of a metric or a class that the consent does not name
 */
export function assertReleased({ evaluation, dataset, confusion }: Statement, release: Release): void {
  const metrics = confusion === undefined ? (['accuracy'] as const) : PUBLISHED_METRICS;
  assertMetrics(release, metrics, dataset.manifest, evaluation);
  const beyond = (confusion ?? []).flatMap((row, label) =>
    isReleased(release, label) || row.every((cell) => cell === null) ? [] : [label],
  );
  if (beyond.length === 0) return;
  throw new InputError(`the figures are of classes that the dataset’s consent does not release: ${beyond.join(', ')}`, {
    where: evaluation,
    hint: `they were drawn when it did; ciphernet allow --dataset ${dataset.manifest} --slices …`,
  });
}
