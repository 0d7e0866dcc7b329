import { printable } from '@ciphernet/foundation';
import { z } from 'zod';
import { percent } from './format.js';
import { ARCHNET } from './reference.js';

const fraction = z.number().min(0).max(1);
const figure = z.number().finite();

const attackSchema = z
  .strictObject({
    /** What the attacker has besides the encoded image: nothing, so many pairs, or the encoding itself. */
    knows: z.enum(['nothing', 'pairs', 'encoding']),
    method: z.enum(['mean', 'ridge', 'decoder']),
    /** Pairs of image and encoded copy that it learned from. */
    pairs: z.number().int().nonnegative(),
    /** Means over the images that were reconstructed: structural similarity, correlation of pixels, decibels. */
    similarity: z.strictObject({ ssim: figure, correlation: figure, psnr: figure }).readonly(),
  })
  .readonly();

/** What training on an encoded copy gave, and what attacks made of the copy, version 1. For the owner's eyes. */
export const encodingReportSchema = z.strictObject({
  format: z.literal('ciphernet-encoding-report'),
  version: z.literal(1),
  run: z.string(),
  createdAt: z.iso.datetime(),
  /** What an encoding is; says so in every report. */
  protection: z.literal('obfuscation, not encryption'),
  dataset: z.strictObject({
    name: z.string(),
    /** Address of the encoded copy. */
    encoded: z.string(),
    train: z.number().int().positive(),
    test: z.number().int().positive(),
    /** Values of an image, and of an encoded one. */
    values: z.number().int().positive(),
    encodedValues: z.number().int().positive(),
  }),
  model: z.strictObject({
    name: z.string(),
    digest: z.string(),
    epochs: z.number().int().positive(),
    /** The one that validation chose. */
    epoch: z.number().int().positive(),
    backend: z.string(),
  }),
  accuracy: z.strictObject({
    /** Of the test part, by labels that no worker had. */
    encoded: fraction,
    /** 95 %, Wilson's. */
    interval: z.tuple([fraction, fraction]),
    /** The same network trained on the images as they are, where somebody did. */
    base: fraction.optional(),
  }),
  /** Test examples by true class and prediction, under the owner's names of classes. */
  confusion: z.array(z.array(z.number().int().nonnegative())),
  attacks: z.array(attackSchema).min(1),
  /** Encoded test images that were reconstructed. */
  targets: z.number().int().positive(),
  /** Share of encoded images whose nearest encoded neighbour is of the same class, and the share by chance: seen without key or pair. */
  neighbours: z.strictObject({ sameClass: fraction, chance: fraction }),
  seconds: z.strictObject({ encode: figure, train: figure, attack: figure }),
});

/** A parsed report of training on encoded images. */
export type EncodingReport = z.infer<typeof encodingReportSchema>;

/** One attack of a report. */
export type EncodingAttack = z.infer<typeof attackSchema>;

/** What an encoding does not protect, for whoever might take it for encryption. */
export const OBFUSCATION_NOTES: readonly string[] = [
  'This is obfuscation, not encryption: no bits of security are claimed, and none should be assumed.',
  'Whoever has the key, can have images of their own encoded, or knows some images with their encoded copies can reconstruct the rest.',
  'Nobody needs a key to see which examples are alike, how many there are of each class, and which model is trained.',
  'The trained model, its accuracy and its predictions are seen by whoever trains it.',
  'Data that has to stay secret is encrypted (`dataset encrypt`): models can be evaluated on it, not trained.',
];

/** An attack in words. */
export function attackText({ knows, method, pairs }: EncodingAttack): string {
  const count = pairs.toLocaleString('en');
  if (knows === 'nothing') return 'no pair: the mean image';
  return knows === 'encoding' ? `the encoding: ${method} trained on ${count} pairs` : `${count} known pairs: ${method}`;
}

/** Figures of an attack: SSIM, correlation and decibels. */
export function similarityCells({ similarity }: EncodingAttack): [ssim: string, correlation: string, psnr: string] {
  const { ssim, correlation, psnr } = similarity;
  return [ssim.toFixed(3), correlation.toFixed(3), `${psnr.toFixed(1)} dB`];
}

/** The report as lines for the terminal. */
export function encodingReportToText(report: EncodingReport): string {
  const { dataset, accuracy, model, attacks, neighbours } = report;
  const archnet = ARCHNET.get(dataset.name);
  const [low, high] = accuracy.interval;
  const lines = [
    `${dataset.name}, ${dataset.train.toLocaleString('en')} training and ${dataset.test.toLocaleString('en')} test images, ENCODED (obfuscation, not encryption)`,
    `  accuracy, encoded    ${percent(accuracy.encoded)}   95 % ${percent(low)} to ${percent(high)}`,
    `  accuracy, plain      ${percent(accuracy.base)}`,
    ...(archnet === undefined ? [] : [`  ArchNet, published   ${percent(archnet)}`]),
    `  model                ${model.name}, ${model.epochs} epochs on ${model.backend}, ${model.digest.slice(0, 16)}…`,
    `  same class           ${percent(neighbours.sameClass)} of nearest neighbours (chance: ${percent(neighbours.chance)})`,
    `  what attackers reconstruct of ${report.targets.toLocaleString('en')} encoded images`.padEnd(54) +
      'SSIM  correlation     PSNR',
    ...attacks.map((attack) => {
      const [ssim, correlation, psnr] = similarityCells(attack);
      return `    ${attackText(attack).padEnd(48)}${ssim.padStart(6)}${correlation.padStart(13)}${psnr.padStart(9)}`;
    }),
    ...OBFUSCATION_NOTES.map((note) => `  ! ${note}`),
  ];
  return printable(lines.join('\n'));
}

/** Accuracies and attacks of several reports, as Markdown tables. */
export function encodingTable(reports: readonly EncodingReport[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
    [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
  const accuracies = reports.map(({ dataset, accuracy, model }) => {
    const archnet = ARCHNET.get(dataset.name);
    const [low, high] = accuracy.interval.map((bound) => (100 * bound).toFixed(2));
    return [
      dataset.name,
      archnet === undefined ? 'none' : percent(archnet),
      `${percent(accuracy.encoded)} (${low} to ${high})`,
      accuracy.base === undefined ? 'not trained' : percent(accuracy.base),
      `${model.epochs} epochs of ${dataset.train.toLocaleString('en')}`,
    ];
  });
  const attacks = reports.flatMap(({ dataset, attacks: all }) =>
    all.map((attack) => [dataset.name, attackText(attack), ...similarityCells(attack)]),
  );
  return [
    tableOf(['dataset', 'ArchNet', 'encoded (95 %)', 'plain images', 'training'], accuracies),
    tableOf(['dataset', 'attacker has', 'SSIM', 'correlation', 'PSNR'], attacks),
  ].join('\n\n');
}
