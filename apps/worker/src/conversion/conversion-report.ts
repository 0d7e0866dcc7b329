import { digestSchema, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { percent } from '@ciphernet/report';
import { z } from 'zod';

const share = z.number().min(0).max(1);
const count = z.number().int().nonnegative();

const figuresSchema = z.strictObject({
  count,
  measure: z.enum(['accuracy', 'rmse']).optional(),
  original: z.number().optional(),
  converted: z.number().optional(),
  /** Of a regression it may be below 0: worse than the original's mean. */
  agreement: z.number().max(1),
  /** Of one decision an example: on so many the original decides so, and on so many of them the converted network too. */
  byDecision: z
    .array(z.strictObject({ decision: count, count, agreed: count }))
    .max(256)
    .readonly()
    .optional(),
  paired: z
    .strictObject({ bothRight: count, onlyFirstRight: count, onlySecondRight: count, bothWrong: count, p: share })
    .optional(),
});

const reportSchema = z.strictObject({
  format: z.literal('ciphernet-conversion'),
  version: z.literal(1),
  /** The converted network in the store. */
  model: digestSchema,
  name: z.string().max(100),
  /** The original: its name, and the digest of its file. */
  convertedFrom: z.strictObject({ name: z.string().max(200), file: digestSchema }),
  data: z.strictObject({
    name: z.string().max(200),
    training: count,
    validation: count,
    test: count,
    /** True where the test examples are of the training data: held out, not given apart. */
    isHeldOut: z.boolean(),
  }),
  /** What took whose place, by the original's nodes. */
  replaced: z.array(
    z.strictObject({
      node: z.string().max(300),
      operator: z.string().max(100),
      by: z.enum(['square', 'linear', 'average pooling', 'nothing', 'a network of the zoo']),
    }),
  ),
  /** Structures that were tried, best first; the first that can be evaluated encrypted was taken. */
  tried: z.array(z.strictObject({ name: z.string().max(1000), validationLoss: z.number() })),
  training: z.strictObject({
    epochs: z.number().int().positive(),
    /** The one that was taken: the best on validation data, rounded as it is evaluated; 0 is before training. */
    epoch: count,
    seed: z.number().int(),
    backend: z.string().max(40),
    runtime: z.string().max(100),
    seconds: z.number().nonnegative(),
  }),
  /** On the test examples, which chose nothing; the converted network's are those of its integer weights. */
  figures: figuresSchema,
});

/** What a conversion did and cost. */
export type ConversionReport = z.infer<typeof reportSchema>;

/** @throws InputError for what is no report of a conversion */
export function conversionReportFromBytes(bytes: Uint8Array, where: string): ConversionReport {
  return parseOrThrow(reportSchema, parseJson(new TextDecoder().decode(bytes), where), where);
}

export function conversionReportToBytes(report: ConversionReport): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(reportSchema.parse(report), null, 2)}\n`);
}

function figureLines({
  measure,
  original,
  converted,
  agreement,
  byDecision = [],
  paired,
  count: examples,
}: ConversionReport['figures']): string[] {
  const shown = (value: number | undefined): string => {
    if (value === undefined) return 'unknown';
    return measure === 'accuracy' ? percent(value) : value.toPrecision(5);
  };
  const known =
    measure === undefined
      ? ['  nobody knows the answers of these examples']
      : [`  ${measure.padEnd(12)}  original ${shown(original)}, converted ${shown(converted)}`];
  const tested =
    paired === undefined
      ? []
      : [
          `  paired test   only the original is right ${paired.onlyFirstRight} times, only the converted one ${paired.onlySecondRight}; ` +
            `exact McNemar p = ${paired.p.toPrecision(3)}`,
        ];
  const worst = [...byDecision].sort((a, b) => a.agreed / a.count - b.agreed / b.count)[0];
  const least =
    worst === undefined
      ? ''
      : `; least where the original decides ${worst.decision}, ${worst.agreed.toLocaleString('en')} of ${worst.count.toLocaleString('en')}`;
  return [
    ...known,
    `  agreement     ${percent(agreement)} of ${examples.toLocaleString('en')} examples${least}`,
    ...tested,
  ];
}

/** A report for people. */
export function conversionReportToText(report: ConversionReport): string {
  const { data, training, replaced, tried, convertedFrom } = report;
  const held = data.isHeldOut ? 'held out of the training data' : 'given apart';
  return [
    `${report.name}: converted from ${convertedFrom.name} (file ${convertedFrom.file.slice(0, 12)}), and not that model`,
    ...figureLines(report.figures),
    `  test          ${data.test.toLocaleString('en')} examples, ${held}; trained on ${data.training.toLocaleString('en')} of ${data.name}, ` +
      `chosen on ${data.validation.toLocaleString('en')}`,
    `  training      epoch ${training.epoch} of ${training.epochs}, ${training.seconds.toFixed(0)} s on ${training.backend}; scores of the original by ${training.runtime}`,
    '  replaced',
    ...replaced.map(({ node, operator, by }) => `    ${node} (${operator}) by ${by}`),
    ...(tried.length < 2
      ? []
      : [
          '  squares tried, loss on validation data',
          ...tried.map(({ name, validationLoss }) => `    ${validationLoss.toFixed(4)}  ${name}`),
        ]),
    '',
  ].join('\n');
}
