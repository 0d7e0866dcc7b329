import { resolve } from 'node:path';
import { Command, evaluationArgument } from '@ciphernet/command-line';
import { InputError, writeWhole } from '@ciphernet/foundation';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { comparisonToText } from '@ciphernet/report';
import { comparisonToHtml } from '@ciphernet/report-view';
import { compareEvaluations } from '../compare-evaluations.js';

async function compare(
  evaluations: readonly string[],
  options: { readonly json: boolean; readonly html?: string },
): Promise<void> {
  const comparison = await compareEvaluations(loadOwnerConfiguration(), evaluations);
  if (options.html !== undefined) {
    await writeWhole(resolve(options.html), comparisonToHtml(comparison), { mode: 0o600 });
  }
  const page = options.html === undefined ? '' : `\n\n  page  ${resolve(options.html)}`;
  process.stdout.write(options.json ? `${JSON.stringify(comparison)}\n` : `${comparisonToText(comparison)}${page}\n`);
}

function evaluationsArgument(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, evaluationArgument(text)];
}

function fileOption(text: string): string {
  if (text.endsWith('.html')) return text;
  throw new InputError('is not the name of an HTML file', { where: '--html', hint: 'like comparison.html' });
}

/** `compare`. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('compare models by the outputs that were kept of their evaluations on the same examples')
    .argument('<evaluations...>', 'ids of two or more evaluations', evaluationsArgument)
    .option('--json', 'print a JSON object', false)
    .option('--html <file>', 'write a page as well; whoever has it sees exact figures', fileOption)
    .addHelpText(
      'after',
      '\nOutputs are kept where policy.json has keepOutputs, under CIPHERNET_PASSPHRASE; `outputs` lists them.\n\nExamples:\n  ciphernet compare eval-3f2a91bc eval-77c01d42\n  ciphernet compare eval-3f2a91bc eval-77c01d42 eval-90ab12cd --html comparison.html',
    )
    .action(compare);
}
