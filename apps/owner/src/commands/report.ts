import { readFile } from 'node:fs/promises';
import { Command, evaluationArgument } from '@ciphernet/command-line';
import { InputError, IntegrityError, isDigest } from '@ciphernet/foundation';
import { identityFingerprint } from '@ciphernet/identity';
import { type Outcome, loadOwnerConfiguration, readOutcome } from '@ciphernet/owner-records';
import { verifySigned } from '@ciphernet/publication';
import { percent, readReports, reportToJson, reportToText } from '@ciphernet/report';
import { filesText } from '../files-text.js';

async function list(folder: string, isJson: boolean): Promise<void> {
  const reports = await readReports(folder);
  if (isJson) {
    const listed = reports.map(({ name, report }) => ({
      evaluation: name,
      createdAt: report.createdAt,
      dataset: report.dataset.name,
      model: report.model.digest,
      accuracy: report.accuracy.encrypted,
    }));
    return void process.stdout.write(`${JSON.stringify(listed)}\n`);
  }
  for (const { name, report } of reports) {
    const model = report.model.name ?? report.model.digest.slice(0, 12);
    process.stdout.write(
      `${name}  ${report.createdAt}  ${report.dataset.name.padEnd(14)} ${model.padEnd(12)} ${percent(report.accuracy.encrypted)}\n`,
    );
  }
}

async function outcomeOf(reportsFolder: string, evaluation: string): Promise<Outcome> {
  const outcome = await readOutcome(reportsFolder, evaluation);
  if (outcome !== undefined) return outcome;
  throw new InputError('there is no report', {
    where: evaluation,
    hint: 'the command `report` lists what there is; the collector writes it when all shards are evaluated',
  });
}

async function show(evaluation: string | undefined, options: { json: boolean }): Promise<void> {
  const { reportsFolder } = loadOwnerConfiguration();
  if (evaluation === undefined) return list(reportsFolder, options.json);
  const outcome = await outcomeOf(reportsFolder, evaluation);
  if (outcome.kind === 'refused') throw outcome.error;
  const { report, folder } = outcome;
  process.stdout.write(options.json ? reportToJson(report) : `${reportToText(report)}\n\n${filesText(folder)}`);
}

async function verifyFile(path: string, _own: unknown, command: Command): Promise<void> {
  // `--json` is an option of the command above as well, which takes it.
  const options = command.optsWithGlobals<{ owner?: string; json: boolean }>();
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new InputError('cannot be read', { where: path, hint: 'give the file that the owner published', cause });
  }
  const statement = verifySigned(text, path);
  const fingerprint = identityFingerprint(statement.owner);
  if (options.owner !== undefined && options.owner !== fingerprint) {
    throw new IntegrityError(`signed by ${fingerprint}, not by the owner you named`, { where: path });
  }
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ verified: true, owner: fingerprint, statement })}\n`
      : `verified    ${statement.evaluation}, published on ${statement.publishedOn}\nowner       ${fingerprint}${options.owner === undefined ? '\n            compare it with what the owner told you' : ''}\naccuracy    ${percent(statement.accuracy)} of ${statement.dataset.images} examples, steps of ${percent(statement.rounding.accuracy)}\n`,
  );
}

function fingerprintOption(text: string): string {
  if (isDigest(text)) return text;
  throw new InputError('is not a fingerprint of 64 hex digits', { where: '--owner' });
}

/** `report`, and `report verify`. */
export function reportCommand(): Command {
  const report = new Command('report')
    .description('list the reports, or show one')
    .argument('[evaluation]', 'id of an evaluation', evaluationArgument)
    .option('--json', 'print the whole report as JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  ciphernet report\n  ciphernet report eval-3f2a91bc --json\n  ciphernet report verify ./published.json',
    )
    .action(show);
  report
    .command('verify')
    .description('check the signature of what an owner published; needs no key, no queue and no store')
    .argument('<file>', 'the published file')
    .option('--owner <fingerprint>', 'the owner’s fingerprint, as they told it', fingerprintOption)
    .option('--json', 'print a JSON object', false)
    .action(verifyFile);
  return report;
}
