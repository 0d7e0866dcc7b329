import { join } from 'node:path';
import { type BenchmarkRecord, findRegressions, listSuites, readHistory } from '@ciphernet/benchmarks';
import { openDirectoryStore } from '@ciphernet/blobs';
import { Command, suiteArgument } from '@ciphernet/command-line';
import { writeWhole } from '@ciphernet/foundation';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { percent } from '@ciphernet/report';
import { historyPage } from '@ciphernet/report-view';

function recordLines(record: BenchmarkRecord, flagged: ReadonlySet<string>): string[] {
  const time = new Date(record.startedAt).toISOString().slice(0, 19);
  if (record.evaluations.length === 0) return [`${time}  ${record.status}  ${record.reason ?? ''}`];
  return record.evaluations.map(({ evaluation, dataset, model, figures }) => {
    const speed = `${Math.round(figures.imagesPerSecond).toLocaleString('en')} images/s`;
    const flag = flagged.has(evaluation) ? '  REGRESSION' : '';
    return `${time}  ${record.status}  ${dataset}, ${model}: ${percent(figures.accuracy)}, ${speed}${flag}`;
  });
}

async function history(name: string | undefined, options: { json: boolean }): Promise<void> {
  const { historyFolder } = loadOwnerConfiguration();
  const store = await openDirectoryStore(historyFolder);
  if (name === undefined) {
    const suites = await listSuites(store);
    if (options.json) return void process.stdout.write(`${JSON.stringify(suites)}\n`);
    for (const suite of suites) process.stdout.write(`${suite}\n`);
    if (suites.length === 0) process.stdout.write('no suite ran on your datasets yet\n');
    return;
  }
  const records = await readHistory(store, name);
  const regressions = findRegressions(records);
  if (options.json) return void process.stdout.write(`${JSON.stringify({ records, regressions })}\n`);
  if (records.length === 0) return void process.stdout.write(`no run of a suite ${name} yet\n`);
  const flagged = new Set(regressions.map(({ evaluation }) => evaluation));
  for (const record of records) process.stdout.write(`${recordLines(record, flagged).join('\n')}\n`);
  const path = join(historyFolder, `${name}.html`);
  await writeWhole(path, await historyPage(name, records), { mode: 0o600 });
  process.stdout.write(`\n  history  ${path}\n`);
}

/** `history`. */
export function historyCommand(): Command {
  return new Command('history')
    .description('list the suites that ran on your datasets, or show one’s history and write its page')
    .argument('[name]', 'name of a suite', suiteArgument)
    .option('--json', 'print records and regressions as JSON', false)
    .addHelpText('after', '\nExamples:\n  ciphernet history\n  ciphernet history nightly --json')
    .action(history);
}
