import { join } from 'node:path';
import { z } from 'zod';
import { INK, BLUE, GREEN, ORANGE, REFERENCE, renderChart } from './charts.js';
import { escapeHtml, pageStyle, percent } from './html.js';
import { pngOf } from './png.js';
import type { Report } from './schema.js';
import { writeWhole } from './write.js';

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
  /** The epoch with the best accuracy on the held-out part of the training split; never chosen by the test split. */
  chosenEpoch: z.number().int().positive(),
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

export type Curve = z.infer<typeof curveSchema>;

export function curvePoint(epoch: number, report: Report): Curve['points'][number] {
  const { base, quantised, encrypted } = report.accuracy;
  return {
    epoch,
    evaluation: report.evaluation,
    ...(base === undefined ? {} : { base }),
    ...(quantised === undefined ? {} : { quantised }),
    encrypted,
    ...(report.agreement === undefined ? {} : { agreement: report.agreement }),
  };
}

/** Base, quantised and encrypted accuracy by epoch, the reference's final figures as dashed lines. */
export function curveChart(curve: Curve, ink = INK): Promise<string> {
  const series = [
    ['base (plain)', BLUE, 'base'],
    ['quantised (plain)', GREEN, 'quantised'],
    ['encrypted', ORANGE, 'encrypted'],
  ] as const;
  const values = curve.points.flatMap((point) =>
    series.flatMap(([name, , field]) => {
      const value = point[field];
      return value === undefined ? [] : [{ epoch: point.epoch, name, value }];
    }),
  );
  const reference = REFERENCE[curve.dataset];
  const lines =
    reference === undefined
      ? []
      : [
          { name: `reference base ${percent(reference.base)}`, value: reference.base },
          { name: `reference encrypted ${percent(reference.encrypted)}`, value: reference.encrypted },
        ];
  const lowest = Math.min(...values.map((v) => v.value), ...lines.map((l) => l.value));
  const highest = Math.max(...values.map((v) => v.value), ...lines.map((l) => l.value));
  const y = { domain: [Math.max(0, lowest - 0.005), Math.min(1, highest + 0.005)], zero: false };
  return renderChart(
    {
      width: 640,
      height: 320,
      layer: [
        {
          data: { values: lines },
          mark: { type: 'rule', strokeDash: [5, 4], color: '#999999' },
          encoding: { y: { field: 'value', type: 'quantitative', scale: y } },
        },
        {
          data: { values: lines },
          mark: { type: 'text', align: 'left', baseline: 'bottom', dx: 4, fontSize: 10, fill: '#8a8a8a' },
          encoding: { x: { value: 0 }, y: { field: 'value', type: 'quantitative', scale: y }, text: { field: 'name' } },
        },
        {
          data: { values },
          mark: { type: 'line', point: true, strokeWidth: 2 },
          encoding: {
            x: { field: 'epoch', type: 'quantitative', axis: { tickMinStep: 1, format: 'd' }, title: 'epoch' },
            y: { field: 'value', type: 'quantitative', scale: y, axis: { format: '.1%' }, title: 'test accuracy' },
            color: {
              field: 'name',
              type: 'nominal',
              scale: { domain: series.map(([name]) => name), range: series.map(([, color]) => color) },
              title: null,
              legend: { orient: 'bottom' },
            },
            // Encrypted and quantised nearly coincide: dashes let both be seen.
            strokeDash: {
              condition: { test: "datum.name === 'encrypted'", value: [6, 3] },
              value: [1, 0],
            },
          },
        },
      ],
    },
    ink,
  );
}

async function curveToHtml(curve: Curve): Promise<string> {
  const rows = curve.points
    .map(
      (point) =>
        `<tr><td>${point.epoch}${point.epoch === curve.chosenEpoch ? ' (chosen on validation)' : ''}</td>` +
        `<td>${percent(point.base)}</td><td>${percent(point.quantised)}</td><td>${percent(point.encrypted)}</td>` +
        `<td>${percent(point.agreement)}</td><td>${escapeHtml(point.evaluation)}</td></tr>`,
    )
    .join('');
  const missing = curve.missing.map(({ epoch, reason }) => `<p>Epoch ${epoch}: ${escapeHtml(reason)}</p>`).join('');
  const title = `${curve.dataset}, ${curve.model}: encrypted accuracy while it trains`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title><style>${pageStyle()}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p class="lead">Each epoch's checkpoint was evaluated on ${curve.images.toLocaleString('en')} encrypted test images.</p>
<section>${await curveChart(curve)}</section>
<section><table><tr><td>epoch</td><td>base</td><td>quantised</td><td>encrypted</td><td>agreement</td><td>evaluation</td></tr>${rows}</table>${missing}</section>
</body></html>
`;
}

/** Width of the PNG: twice the SVG's own, for dense screens. */
const PNG_WIDTH = 1400;

/** Writes `curve.json`, `curve.svg`, `curve.png` and `curve.html` into `folder`. */
export async function writeCurve(folder: string, curve: Curve): Promise<{ readonly html: string }> {
  const html = join(folder, 'curve.html');
  await writeWhole(join(folder, 'curve.json'), `${JSON.stringify(curveSchema.parse(curve), null, 2)}\n`);
  const svg = await curveChart(curve, '#333333');
  await writeWhole(join(folder, 'curve.svg'), svg);
  await writeWhole(join(folder, 'curve.png'), await pngOf(svg, PNG_WIDTH));
  await writeWhole(html, await curveToHtml(curve));
  return { html };
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
    '  * chosen on the validation part of the training split',
  ].join('\n');
}
