import type { Statement } from '@ciphernet/publication';
import { escapeHtml } from '@ciphernet/report-view';
import { page } from './pages.js';

/** Evaluations that owners have published figures of. */
export function publishedListPage(evaluations: readonly string[]): string {
  const rows = evaluations.map(
    (name) => `<tr><td><a href="/published/${encodeURIComponent(name)}">${escapeHtml(name)}</a></td></tr>`,
  );
  return page(
    'CipherNet: published',
    `<nav><h1>Published by data owners</h1><a href="/">Overview</a></nav><section><table>${rows.join('') || '<tr><td>Nothing has been published.</td></tr>'}</table></section>`,
  );
}

function confusionTable(confusion: NonNullable<Statement['confusion']>, cell: number): string {
  const rows = confusion.map(
    (row, label) =>
      `<tr><th>${label}</th>${row.map((count) => `<td>${count === null ? `below ${cell}` : count}</td>`).join('')}</tr>`,
  );
  return `<section><h2>Confusion (rows: true class)</h2><table>${rows.join('')}</table></section>`;
}

/** What an owner has said of one evaluation; its signature has been verified. */
export function publishedPage(statement: Statement, fingerprint: string): string {
  const { dataset, model, accuracy, rounding, epsilon, checks, parameters, confusion } = statement;
  const percent = (value: number): string => `${Number((100 * value).toFixed(6))} %`;
  const facts: (readonly [string, string])[] = [
    ['accuracy', `${percent(accuracy)}, in steps of ${percent(rounding.accuracy)}`],
    ['examples', `${dataset.images} of ${dataset.name} (${dataset.split}), ${dataset.classes} classes`],
    ['dataset', dataset.manifest],
    ['model', model.digest],
    ['noise', `differential privacy, ε = ${epsilon}`],
    ['checked before acceptance', checks.join(', ') || 'nothing: the workers are believed'],
    ['security', `${parameters.securityBits} bits, key ${parameters.keyFingerprint.slice(0, 16)}…`],
    ['published on', statement.publishedOn],
    ['signed by', fingerprint],
  ];
  const rows = facts.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`);
  return page(
    `CipherNet: ${statement.evaluation}`,
    `<nav><h1>${escapeHtml(statement.evaluation)}</h1><a href="/published/${encodeURIComponent(statement.evaluation)}/signed">Signed file</a><a href="/published">Published</a></nav>
<section><table>${rows.join('')}</table></section>${confusion === undefined ? '' : confusionTable(confusion, rounding.cell)}`,
  );
}
