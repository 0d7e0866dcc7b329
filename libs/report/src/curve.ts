import { z } from 'zod';
import { accuracyOf } from './accuracy.js';
import { percent } from './format.js';
import type { Report } from './schema.js';

const fraction = z.number().min(0).max(1);

/** The accuracy of each epoch's checkpoint on the encrypted test set, version 1. */
export const curveSchema = z.strictObject({
  format: z.literal('ciphernet-curve'),
  version: z.literal(1),
  run: z.string(),
  dataset: z.string(),
  model: z.string(),
  images: z.number().int().positive(),
  trainSeconds: z.number().nonnegative(),
  /** The epoch with the best accuracy on the held-out part of the training split; never chosen by the test split. Of a conversion
   * 0 is the network before training, which is no point of the curve. */
  chosenEpoch: z.number().int().nonnegative(),
  points: z.array(
    z.strictObject({
      epoch: z.number().int().positive(),
      evaluation: z.string(),
      base: fraction.optional(),
      quantised: fraction.optional(),
      encrypted: fraction,
      agreement: fraction.optional(),
    }),
  ),
  /** Epochs whose evaluation failed, and why: a curve says what it lacks. */
  missing: z.array(z.strictObject({ epoch: z.number().int().positive(), reason: z.string() })),
});

/** A parsed curve. */
export type Curve = z.infer<typeof curveSchema>;

/** One epoch's figures, from its evaluation's report. */
export function curvePoint(epoch: number, report: Report): Curve['points'][number] {
  const { base, quantised } = report.accuracy;
  const encrypted = accuracyOf(report);
  return {
    epoch,
    evaluation: report.evaluation,
    ...(base === undefined ? {} : { base }),
    ...(quantised === undefined ? {} : { quantised }),
    encrypted,
    ...(report.agreement === undefined ? {} : { agreement: report.agreement }),
  };
}

/** The curve as lines for the terminal. */
export function curveToText(curve: Curve): string {
  return [
    `${curve.dataset}, ${curve.model}, ${curve.images.toLocaleString('en')} encrypted test images an epoch`,
    '  epoch      base   quantised   encrypted   agreement',
    ...curve.points.map(
      (p) =>
        `  ${String(p.epoch).padStart(5)}${p.epoch === curve.chosenEpoch ? '*' : ' '} ${percent(p.base).padStart(9)} ${percent(p.quantised).padStart(11)} ${percent(p.encrypted).padStart(11)} ${percent(p.agreement).padStart(11)}`,
    ),
    ...curve.missing.map(({ epoch, reason }) => `  ${String(epoch).padStart(5)}  not evaluated: ${reason}`),
    curve.chosenEpoch === 0
      ? '  the network before training was chosen on the validation part of the training split'
      : '  * chosen on the validation part of the training split',
  ].join('\n');
}
