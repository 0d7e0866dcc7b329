import { printable } from '@ciphernet/foundation';
import { percent, sizeText } from './format.js';
import { metricRows, unitOf } from './metric-rows.js';
import type { Report } from './schema.js';

/** What was checked before the result was accepted, and by whom it was audited. */
export function checksText({ checks, audits }: Pick<Report, 'checks' | 'audits'>): string {
  const names = checks?.join(', ') || 'nothing';
  if (audits === undefined) return `${names}; not audited`;
  const auditors = audits.auditors
    .map((name) => `${name.slice(0, 16)}…${audits.modelOwners?.includes(name) === true ? ' (the model’s owner)' : ''}`)
    .join(', ');
  const belief = audits.believed ? '' : ', not on your list';
  return `${names}; audited by ${auditors}${belief}, ${audits.positionsPerPrime} positions a prime`;
}

/** The figures of own data, those of decryption beside the plain model's; accuracies have their own lines. */
function metricLines(report: Report): string[] {
  if (report.dataset.unit === undefined) return [];
  return metricRows(report)
    .filter(({ name }) => name !== 'accuracy')
    .map(
      ({ name, encrypted, interval, plain }) =>
        `  ${name.padEnd(24)}${encrypted.padStart(10)}   plain ${plain.padStart(10)}   95 % ${interval}`,
    );
}

/** A summary of some lines for the terminal. */
export function reportToText(report: Report): string {
  const { accuracy, bytes, seconds, throughput } = report;
  const unit = unitOf(report);
  const uncertain = report.margins?.uncertain;
  const stage = (name: string, value: number | undefined, rate: number | undefined): string[] =>
    value === undefined
      ? []
      : [
          `  ${name.padEnd(10)}${value.toFixed(2).padStart(8)} s${rate === undefined ? '' : `   ${Math.round(rate).toLocaleString('en').padStart(9)} ${unit}/s`}`,
        ];
  const lines = [
    `${report.dataset.name}, ${report.images.toLocaleString('en')} ${unit}, model ${report.model.name ?? report.model.digest.slice(0, 12)}, engine ${report.engine}`,
    ...(accuracy.encrypted === undefined
      ? []
      : [
          `  encrypted accuracy   ${percent(accuracy.encrypted)}`,
          `  base accuracy        ${percent(accuracy.base)}`,
          `  quantised accuracy   ${percent(accuracy.quantised)}`,
        ]),
    ...(report.agreement === undefined ? [] : [`  agreement            ${percent(report.agreement)}`]),
    ...(report.plainAgreement === undefined ? [] : [`  plain agreement      ${percent(report.plainAgreement)}`]),
    ...metricLines(report),
    ...(report.precision === undefined
      ? []
      : [`  precision            ${report.precision.bits.toFixed(1)} bits of the largest output`]),
    ...(uncertain === undefined ? [] : [`  close decisions      ${uncertain} ${unit} within twice the error's bound`]),
    `  checked              ${checksText(report)}`,
    `  security             ${report.security.bits} bits (log2 QP ${report.security.logQP} of ${report.security.maxLogQP}), ${report.parameters.ring ?? 'standard'} ring`,
    `  bytes an ${unit === 'images' ? 'image  ' : 'example'}     ${sizeText(bytes.uploadPerImage)} up, ${sizeText(bytes.downloadPerImage)} down, evaluation keys ${bytes.evaluationKeys} B`,
    ...stage('train', seconds.train, throughput.train),
    ...stage('encrypt', seconds.encrypt, throughput.encrypt),
    ...stage('infer', seconds.infer, throughput.infer),
    ...stage('decrypt', seconds.decrypt, throughput.decrypt),
    ...(report.notes ?? []).map((note) => `  note: ${note}`),
  ];
  // Names come from models and workers.
  return printable(lines.join('\n'));
}
