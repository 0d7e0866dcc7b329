import { type BenchmarkRecord, type Figures, type Regression, findRegressions, seriesOf } from '@ciphernet/benchmarks';
import { percent, sizeText } from '@ciphernet/report';
import { BLUE, GREEN, ORANGE, renderChart } from './charts.js';
import { PAGE_STYLE, escapeHtml } from './page.js';

interface Drawn {
  readonly title: string;
  readonly figures: readonly (readonly [keyof Figures, string])[];
  readonly format: string;
}

const CHARTS: readonly Drawn[] = [
  { title: 'Accuracy', figures: [['accuracy', 'encrypted']], format: '.2%' },
  { title: 'Images a second', figures: [['imagesPerSecond', 'inference']], format: ',.0f' },
  {
    title: 'Bytes an image',
    figures: [
      ['uploadBytes', 'upload'],
      ['downloadBytes', 'download'],
    ],
    format: '.3s',
  },
  {
    title: 'Seconds by stage',
    figures: [
      ['encryptSeconds', 'encrypt'],
      ['inferSeconds', 'infer'],
      ['decryptSeconds', 'decrypt'],
    ],
    format: '.2f',
  },
];

const COLOURS = [BLUE, ORANGE, GREEN];

function chart(
  drawn: Drawn,
  series: string,
  history: readonly BenchmarkRecord[],
  regressions: readonly Regression[],
): Promise<string> {
  const values = history.flatMap((record) =>
    record.evaluations
      .filter((evaluation) => seriesOf(evaluation) === series)
      .flatMap((evaluation) =>
        drawn.figures.flatMap(([figure, name]) => {
          const value = evaluation.figures[figure];
          const isFlagged = regressions.some((r) => r.evaluation === evaluation.evaluation && r.figure === figure);
          return value === undefined ? [] : [{ time: record.startedAt, name, value, isFlagged }];
        }),
      ),
  );
  const names = drawn.figures.map(([, name]) => name);
  return renderChart({
    width: 380,
    height: 180,
    data: { values },
    encoding: {
      x: { field: 'time', type: 'temporal', scale: { type: 'utc' }, title: 'UTC' },
      y: { field: 'value', type: 'quantitative', scale: { zero: false }, axis: { format: drawn.format }, title: null },
      color: {
        field: 'name',
        type: 'nominal',
        scale: { domain: names, range: COLOURS.slice(0, names.length) },
        legend: names.length > 1 ? { orient: 'bottom', title: null } : null,
      },
    },
    layer: [
      { mark: { type: 'line', point: { size: 40 } } },
      {
        transform: [{ filter: 'datum.isFlagged' }],
        mark: { type: 'point', shape: 'diamond', size: 160, strokeWidth: 3 },
        encoding: { color: { value: '#d1345b' } },
      },
    ],
  });
}

function figureText(figure: keyof Figures, value: number): string {
  if (figure === 'accuracy') return percent(value);
  if (figure.endsWith('Bytes')) return sizeText(value);
  return figure === 'imagesPerSecond' ? `${Math.round(value).toLocaleString('en')}/s` : `${value.toFixed(2)} s`;
}

function timeText(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}

function rows(history: readonly BenchmarkRecord[], regressions: readonly Regression[]): string {
  const cells = (values: readonly string[]): string => `<tr>${values.map((v) => `<td>${v}</td>`).join('')}</tr>`;
  const head = cells(['started (UTC)', 'status', 'what', 'accuracy', 'images/s', 'infer', 'flags']);
  const body = [...history].reverse().flatMap((record) => {
    const time = timeText(record.startedAt);
    const status = escapeHtml(record.reason === undefined ? record.status : `${record.status}: ${record.reason}`);
    if (record.evaluations.length === 0) return [cells([time, status, '', '', '', '', ''])];
    return record.evaluations.map((evaluation) => {
      const { accuracy, imagesPerSecond, inferSeconds } = evaluation.figures;
      const flags = regressions
        .filter((r) => r.evaluation === evaluation.evaluation)
        .map(
          (r) =>
            `<b class="flag">${r.figure} ${figureText(r.figure, r.value)}, limit ${figureText(r.figure, r.limit)}</b>`,
        );
      return cells([
        time,
        status,
        escapeHtml(seriesOf(evaluation)),
        figureText('accuracy', accuracy),
        figureText('imagesPerSecond', imagesPerSecond),
        figureText('inferSeconds', inferSeconds),
        flags.join('<br>'),
      ]);
    });
  });
  return `<table>${head}${body.join('')}</table>`;
}

/** A suite's history as a page of its own: no script, no outside resource. */
export async function historyPage(suite: string, history: readonly BenchmarkRecord[]): Promise<string> {
  const regressions = findRegressions(history);
  const series = [...new Set(history.flatMap((record) => record.evaluations.map(seriesOf)))].sort();
  const sections = await Promise.all(
    series.map(async (name) => {
      const charts = await Promise.all(
        CHARTS.map(
          async (drawn) =>
            `<section><h2>${drawn.title}</h2>${await chart(drawn, name, history, regressions)}</section>`,
        ),
      );
      return `<h2>${escapeHtml(name)}</h2><div class="charts">${charts.join('')}</div>`;
    }),
  );
  const count = (status: BenchmarkRecord['status']): number => history.filter((r) => r.status === status).length;
  const title = `Benchmark ${suite}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title><style>${PAGE_STYLE}
.flag { color: #d1345b; font-weight: 600; } section { overflow-x: auto; }</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p class="lead">${count('done')} runs, ${count('failed')} failed, ${count('skipped')} skipped. ${
    regressions.length === 0
      ? 'No figure has left its own spread.'
      : `<span class="flag">${regressions.length} figures left the spread of the runs before them.</span>`
  }</p>
${sections.join('\n')}
<section><h2>Runs</h2>${rows(history, regressions)}</section>
</body></html>
`;
}
