import { type ModelComparison, decisionsText, figureText, metricName, pairRows } from '@ciphernet/report';
import { section, table } from './metric-sections.js';
import { PAGE_STYLE, escapeHtml } from './page.js';

/** Of each evaluation the figures that are compared, with their intervals. */
function modelsTable({ figures, models }: ModelComparison): string {
  const head = ['evaluation', 'model', ...figures.map(metricName)];
  const rows = models.map(({ evaluation, name, digest, metrics, intervals }) => [
    evaluation,
    name ?? `sha256 ${digest.slice(0, 16)}…`,
    ...figures.map((key) => {
      const interval = intervals[key];
      const range = interval === undefined ? '' : ` (${figureText(interval[0])} to ${figureText(interval[1])})`;
      return `${figureText(metrics[key])}${range}`;
    }),
  ]);
  return section('Figures, with 95 % intervals', table([head, ...rows]));
}

/** All figures of all evaluations, those that are not compared too. */
function allFigures({ models }: ModelComparison): string {
  const keys = [
    ...new Set(models.flatMap(({ metrics, withoutMetrics }) => Object.keys({ ...metrics, ...withoutMetrics }))),
  ];
  const head = ['figure', ...models.map(({ evaluation }) => evaluation)];
  const rows = keys.map((key) => [
    metricName(key),
    ...models.map(({ metrics, withoutMetrics }) => withoutMetrics[key] ?? figureText(metrics[key])),
  ]);
  return section('All figures', table([head, ...rows]));
}

/** A comparison as one self-contained page: no script, no outside resource; light and dark, from phones up. */
export function comparisonToHtml(comparison: ModelComparison): string {
  const { dataset, examples, models, pairs, createdAt } = comparison;
  const title = `${dataset}: ${models.length} evaluations compared`;
  const pairSections = pairs.map((pair) => {
    const tests = decisionsText(pair, pairs.length).map((text) => `<p>${escapeHtml(text)}</p>`);
    const rows = [['figure', 'difference', '95 % interval', ''], ...pairRows(pair)];
    return section(`${pair.second} less ${pair.first}`, `${table(rows)}${tests.join('')}`);
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title><style>${PAGE_STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p class="lead">${examples.toLocaleString('en')} examples, ${escapeHtml(createdAt)}. Exact figures of decrypted outputs: for the owner of the data, not for publication.</p>
${modelsTable(comparison)}
${pairSections.join('\n')}
${allFigures(comparison)}
</body></html>
`;
}
