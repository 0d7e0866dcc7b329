import { type Report, checksText, sizeText, unitOf } from '@ciphernet/report';
import { accuracyChart, bytesChart, confusionChart, marginsChart, reliabilityChart, secondsChart } from './charts.js';
import { headline, metricSections } from './metric-sections.js';
import { PAGE_STYLE, escapeHtml } from './page.js';

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
      `${parameters.ring ?? 'standard'} ring, N = ${parameters.ringDegree}, primes ${bits} bits, input scale 2^${Math.log2(parameters.inputScale).toFixed(0)}, ${parameters.mode} key`,
    ),
    row('Key fingerprint', parameters.keyFingerprint),
    row(
      'Error of an output',
      precision === undefined
        ? undefined
        : `rms ${precision.measuredRms.toExponential(1)} (predicted ${precision.predictedDeviation.toExponential(1)}), largest ${precision.measuredLargest.toExponential(1)} (bound ${precision.predictedBound.toExponential(1)}), ${precision.bits.toFixed(1)} bits`,
    ),
    row(
      'Decisions within the error',
      report.margins?.uncertain === undefined
        ? undefined
        : `${report.margins.uncertain} of ${report.images} ${unitOf(report)} have a gap below twice the predicted bound of an output’s error`,
    ),
    row(
      'Bytes',
      `${sizeText(bytes.upload)} up, ${sizeText(bytes.download)} down, public key ${sizeText(bytes.publicKey)}, evaluation keys ${sizeText(bytes.evaluationKeys)}`,
    ),
    row('Checked', checksText(report)),
    row('Plain model', report.model.runtime),
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
<title>${escapeHtml(title)}</title><style>${PAGE_STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p class="lead">${report.images.toLocaleString('en')} ${unitOf(report)} stayed encrypted from the producer to the collector; the workers saw ciphertexts only.</p>
<div class="figures">
${headline(report)
  .map(([value, name]) => figure(value, name))
  .join('\n')}
${figure(`${rate}/s`, `encrypted ${unitOf(report)} a second`)}
${figure(`${report.security.bits} bits`, 'security')}
${figure(sizeText(report.bytes.uploadPerImage), unitOf(report) === 'images' ? 'upload an image' : 'upload an example')}
</div>
<div class="charts">
${report.accuracy.encrypted === undefined ? '' : await chart('Accuracy', accuracyChart(report))}
${await chart('Seconds by stage', secondsChart(report))}
${report.confusion.length === 0 ? '' : await chart('Confusion matrix, encrypted', confusionChart(report))}
${report.reliability === undefined ? '' : await chart('Calibration: how often it is so, by confidence', reliabilityChart(report.reliability))}
${report.margins === undefined ? '' : await chart('How close decisions are', marginsChart(report.margins, unitOf(report)))}
${await chart('Bytes', bytesChart(report))}
</div>
${metricSections(report)}
<section><h2>Details</h2><table>${details(report)}</table></section>
${report.parameters.explanation === undefined ? '' : `<section><h2>Plan</h2><pre>${escapeHtml(report.parameters.explanation)}</pre></section>`}
</body></html>
`;
}
