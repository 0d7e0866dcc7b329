import { type Report, metricRows, percent, unitOf } from '@ciphernet/report';
import { escapeHtml } from './page.js';

/** Rows of text, the first one the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${rows.map((cells, i) => line(cells, i === 0 ? 'th' : 'td')).join('')}</table>`;
}

/** A card with a title. @param body HTML */
export const section = (title: string, body: string): string =>
  `<section><h2>${escapeHtml(title)}</h2>${body}</section>`;

/** The figures that a page begins with: accuracies of what is classified, else the first figures there are. */
export function headline(report: Report): (readonly [value: string, name: string])[] {
  const { accuracy, agreement, plainAgreement } = report;
  if (accuracy.encrypted !== undefined) {
    const plain =
      plainAgreement === undefined
        ? ([percent(agreement), 'agreement with the quantised model'] as const)
        : ([percent(plainAgreement), 'agreement with the plain model'] as const);
    return [
      [percent(accuracy.encrypted), 'accuracy, encrypted'],
      [percent(accuracy.base), 'accuracy, plain float model'],
      plain,
    ];
  }
  return metricRows(report)
    .slice(0, 3)
    .map(({ name, encrypted }) => [encrypted, `${name}, encrypted`] as const);
}

function sliceRows({ slices }: Report): string[][] {
  return (slices?.parts ?? []).flatMap((part) => {
    const head = [part.name, part.count.toLocaleString('en')];
    const rows = metricRows(part);
    if (rows.length === 0) return [[...head, `fewer than ${slices?.minimum ?? 0}`, '', '']];
    return rows.map(({ name, encrypted, interval }, i) => [...(i === 0 ? head : ['', '']), name, encrypted, interval]);
  });
}

/** Tables of all figures, of each class, and of the parts of the examples. */
export function metricSections(report: Report): string {
  const rows = metricRows(report);
  const parts: string[] = [];
  if (rows.length > 0) {
    const head = ['figure', 'encrypted', '95 % interval', 'plain model'];
    const without = Object.entries(report.withoutMetrics ?? {}).map(([name, why]) => [name, '–', why, '']);
    parts.push(
      section('Metrics', table([head, ...rows.map((r) => [r.name, r.encrypted, r.interval, r.plain]), ...without])),
    );
  }
  const classes = report.perClass ?? [];
  if (classes.length > 0) {
    const head = ['class', unitOf(report), 'precision', 'recall', 'F1'];
    const body = classes.map((c) => [
      c.name,
      c.support.toLocaleString('en'),
      ...[c.precision, c.recall, c.f1].map((value) => value.toFixed(4)),
    ]);
    parts.push(section('Classes', table([head, ...body])));
  }
  if (report.slices !== undefined) {
    const head = [report.slices.column, unitOf(report), 'figure', 'encrypted', '95 % interval'];
    parts.push(section(`By ${report.slices.column}`, table([head, ...sliceRows(report)])));
  }
  if ((report.notes ?? []).length > 0)
    parts.push(section('Notes', table([['what was assumed'], ...(report.notes ?? []).map((note) => [note])])));
  return parts.join('\n');
}
