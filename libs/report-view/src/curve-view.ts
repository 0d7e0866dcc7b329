import { join } from 'node:path';
import { writeWhole } from '@ciphernet/foundation';
import { type Curve, REFERENCE, curveSchema, percent } from '@ciphernet/report';
import { BLUE, GREEN, INK, ORANGE, renderChart } from './charts.js';
import { PAGE_STYLE, escapeHtml } from './page.js';
import { pngOf } from './png.js';

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
  const reference = REFERENCE.get(curve.dataset);
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
<title>${escapeHtml(title)}</title><style>${PAGE_STYLE}</style></head><body>
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
