import { accuracyChart, bytesChart, confusionChart, marginsChart, secondsChart } from './charts.js';
import type { Report } from './schema.js';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

export function percent(value: number | undefined): string {
  return value === undefined ? 'not compared' : `${(100 * value).toFixed(2)} %`;
}

/** 1.2 kB, 3.4 MB, … in powers of 1000. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(unit === 0 || value >= 100 ? 0 : 1)} ${units[unit] ?? ''}`;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --page: #fbfbfa; --card: #ffffff; --line: #e3e5e8; --soft: #5b6675; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --page: #14171c; --card: #1c2027; --line: #2e343d; --soft: #9aa5b4; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1040px; padding: 1.2rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); }
h1 { font-size: 1.5rem; margin: 0 0 .2rem; } h2 { font-size: 1.05rem; margin: 0 0 .6rem; }
p.lead { margin: 0 0 1rem; color: var(--soft); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .8rem; margin-bottom: .8rem; }
.figure, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .9rem 1rem; }
.figure b { display: block; font-size: 1.45rem; font-variant-numeric: tabular-nums; } .figure span { color: var(--soft); font-size: .85rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: .8rem; margin-bottom: .8rem; align-items: start; }
section svg { display: block; width: 100%; height: auto; color: var(--ink); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } td { border-top: 1px solid var(--line); padding: .3rem .6rem .3rem 0; vertical-align: top; overflow-wrap: anywhere; }
td:first-child { color: var(--soft); white-space: nowrap; width: 12rem; } pre { overflow-x: auto; font-size: .8rem; line-height: 1.45; margin: 0; }
section { margin-bottom: .8rem; } .charts section { margin: 0; }
`;

/** Light and dark, from phones up. */
export function pageStyle(): string {
  return STYLE;
}

function row(name: string, value: string | undefined): string {
  return value === undefined ? '' : `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(value)}</td></tr>`;
}

function details(report: Report): string {
  const { parameters, security, bytes, precision } = report;
  const bits = parameters.primes.map((prime) => Math.ceil(Math.log2(prime))).join(' + ');
  return [
    row('Evaluation', `${report.evaluation}, ${report.createdAt}`),
    row(
      'Dataset',
      `${report.dataset.name} (${report.dataset.split} split, ${report.dataset.source}), input transform ${report.dataset.transform}`,
    ),
    row('Model', `${report.model.name ?? 'not disclosed'}, sha256 ${report.model.digest.slice(0, 16)}…`),
    row(
      'Trained',
      report.model.trainedOn === undefined
        ? undefined
        : `${report.model.epochs ?? '?'} epochs on ${report.model.trainedOn}, ${report.model.backend ?? ''}`,
    ),
    row(
      'Security',
      `${security.bits} bits: log2(QP) = ${security.logQP} of ${security.maxLogQP} allowed (${security.source})`,
    ),
    row(
      'CKKS parameters',
      `N = ${parameters.ringDegree}, primes ${bits} bits, input scale 2^${Math.log2(parameters.inputScale).toFixed(0)}, ${parameters.mode} key`,
    ),
    row('Key fingerprint', parameters.keyFingerprint),
    row(
      'Logit error',
      precision === undefined
        ? undefined
        : `rms ${precision.measuredRms.toExponential(1)} (predicted ${precision.predictedDeviation.toExponential(1)}), largest ${precision.measuredLargest.toExponential(1)} (bound ${precision.predictedBound.toExponential(1)}), ${precision.bits.toFixed(1)} bits`,
    ),
    row(
      'Decisions within the error',
      report.margins?.uncertain === undefined
        ? undefined
        : `${report.margins.uncertain} of ${report.images} images have a gap below twice the predicted bound of a logit’s error`,
    ),
    row(
      'Bytes',
      `${sizeText(bytes.upload)} up, ${sizeText(bytes.download)} down, public key ${sizeText(bytes.publicKey)}, evaluation keys ${sizeText(bytes.evaluationKeys)}`,
    ),
    row('Engine', report.engineVersion),
    row('Workers', report.workers.join(', ')),
    row('Shards', `${report.shards}${report.reusedShards > 0 ? `, ${report.reusedShards} found in the store` : ''}`),
    row('Machine', `${report.machine.cpu}, ${report.machine.cores} cores, ${report.machine.memoryGiB} GiB`),
    row(
      'Versions',
      Object.entries(report.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ),
  ].join('');
}

/** One self-contained page: no script, no outside resource; light and dark, from phones up. */
export async function reportToHtml(report: Report): Promise<string> {
  const figure = (value: string, name: string): string =>
    `<div class="figure"><b>${escapeHtml(value)}</b><span>${escapeHtml(name)}</span></div>`;
  const chart = async (title: string, svg: Promise<string>): Promise<string> =>
    `<section><h2>${escapeHtml(title)}</h2>${await svg}</section>`;
  const title = `${report.dataset.name}: encrypted evaluation`;
  const rate = Math.round(report.throughput.infer).toLocaleString('en');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p class="lead">${report.images.toLocaleString('en')} images stayed encrypted from the producer to the collector; the workers saw ciphertexts only.</p>
<div class="figures">
${figure(percent(report.accuracy.encrypted), 'accuracy, encrypted')}
${figure(percent(report.accuracy.base), 'accuracy, plain float model')}
${figure(percent(report.agreement), 'agreement with the quantised model')}
${figure(`${rate}/s`, 'encrypted images a second')}
${figure(`${report.security.bits} bits`, 'security')}
${figure(sizeText(report.bytes.uploadPerImage), 'upload an image')}
</div>
<div class="charts">
${await chart('Accuracy', accuracyChart(report))}
${await chart('Seconds by stage', secondsChart(report))}
${await chart('Confusion matrix, encrypted', confusionChart(report))}
${report.margins === undefined ? '' : await chart('How close decisions are', marginsChart(report.margins))}
${await chart('Bytes', bytesChart(report))}
</div>
<section><h2>Details</h2><table>${details(report)}</table></section>
${report.parameters.explanation === undefined ? '' : `<section><h2>Plan</h2><pre>${escapeHtml(report.parameters.explanation)}</pre></section>`}
</body></html>
`;
}
