import { join } from 'node:path';
import { Command, InvalidArgumentError } from '@ciphernet/command-line';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { percent, readReport, readReports, reportToJson, reportToText } from '@ciphernet/report';

function evaluationArgument(text: string): string {
  if (/^[a-z][a-z0-9-]{2,63}$/.test(text)) return text;
  throw new InvalidArgumentError('must be an id like eval-3f2a91bc.');
}

async function list(folder: string): Promise<void> {
  for (const { name, report } of await readReports(folder)) {
    const model = report.model.name ?? report.model.digest.slice(0, 12);
    process.stdout.write(
      `${name}  ${report.createdAt}  ${report.dataset.name.padEnd(14)} ${model.padEnd(12)} ${percent(report.accuracy.encrypted)}\n`,
    );
  }
}

async function show(evaluation: string | undefined, options: { json: boolean }): Promise<void> {
  const { reportsFolder } = loadOwnerConfiguration();
  if (evaluation === undefined) return list(reportsFolder);
  const report = await readReport(join(reportsFolder, evaluation, 'report.json'));
  process.stdout.write(
    options.json
      ? reportToJson(report)
      : `${reportToText(report)}\n\n  report  ${join(reportsFolder, evaluation, 'report.html')}\n`,
  );
}

/** `report`. */
export function reportCommand(): Command {
  return new Command('report')
    .description('list the reports, or show one')
    .argument('[evaluation]', 'id of an evaluation', evaluationArgument)
    .option('--json', 'print the whole report as JSON', false)
    .addHelpText('after', '\nExamples:\n  ciphernet report\n  ciphernet report eval-3f2a91bc --json')
    .action(show);
}
