import { InvalidArgumentError, integerBetween } from '@ciphernet/command-line';
import { MOST_AUDITS, type Terms } from '@ciphernet/owner-records';
import { PUBLISHED_METRICS } from '@ciphernet/publication';

const listed = (text: string): string[] => text.split(',').map((part) => part.trim());

/** Figures that may be published: `none`, or some, comma-separated. */
export function metricsArgument(text: string): Terms['metrics'] {
  if (text === 'none') return [];
  const names = new Set(listed(text));
  const metrics = PUBLISHED_METRICS.filter((metric) => names.has(metric));
  // Without an accuracy there is no statement that a matrix could be part of.
  if (metrics.length === names.size && metrics.includes('accuracy')) return metrics;
  throw new InvalidArgumentError('must be none, accuracy, or accuracy,confusion.');
}

/** Slices of the examples that figures may be about: `all` of the classes, or some, comma-separated. */
export function slicesArgument(text: string): Terms['slices'] {
  if (text === 'all') return 'all';
  const classes = listed(text).map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : NaN));
  if (classes.every((label) => label < 256)) return [...new Set(classes)].sort((a, b) => a - b);
  throw new InvalidArgumentError('must be all, or classes like 0,3,7.');
}

/** ε of everything published about a dataset. */
export function epsilonArgument(text: string): number {
  const value = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (value > 0 && value <= 1000) return value;
  throw new InvalidArgumentError('must be from 0.001 to 1000, in thousandths.');
}

/** Audits that a result must have: `none`, one by the model's owner, or so many independent ones. */
export function auditsArgument(text: string): Terms['audits'] {
  return text === 'none' || text === 'model-owner' ? text : integerBetween(1, MOST_AUDITS)(text);
}
