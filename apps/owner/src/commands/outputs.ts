import { Command, evaluationArgument } from '@ciphernet/command-line';
import { taskText } from '@ciphernet/datasets';
import { messageOf } from '@ciphernet/foundation';
import { type KeptListing, deleteKeptOutputs, listKeptOutputs, loadOwnerConfiguration } from '@ciphernet/owner-records';
import { sizeText } from '@ciphernet/report';

function lineOf(kept: KeptListing): string {
  const id = kept.evaluation.padEnd(20);
  if ('error' in kept) return `${id}  ${messageOf(kept.error)}`;
  const { keptAt, count, task, model, targetsDigest } = kept.header;
  const what = `${count.toLocaleString('en')} examples, ${taskText(task)}, ${sizeText(kept.bytes)}`;
  return `${id}  ${keptAt.slice(0, 19)}  model ${model.slice(0, 12)}  targets ${targetsDigest.slice(0, 12)}  ${what}`;
}

async function outputs(options: { readonly delete?: string; readonly json: boolean }): Promise<void> {
  const { reportsFolder } = loadOwnerConfiguration();
  if (options.delete !== undefined) await deleteKeptOutputs(reportsFolder, options.delete);
  const kept = await listKeptOutputs(reportsFolder);
  if (options.json) {
    const listed = kept.map((one) => ('error' in one ? { ...one, error: messageOf(one.error) } : one));
    return void process.stdout.write(`${JSON.stringify(listed)}\n`);
  }
  process.stdout.write(kept.length === 0 ? 'no outputs are kept\n' : `${kept.map(lineOf).join('\n')}\n`);
}

/** `outputs`. */
export function outputsCommand(): Command {
  return new Command('outputs')
    .description('what models gave each example, where it is kept: list it, or delete it')
    .option('--delete <evaluation>', 'delete those of an evaluation; its report stays', evaluationArgument)
    .option('--json', 'print a JSON array', false)
    .addHelpText(
      'after',
      '\nThey are kept where policy.json has keepOutputs, under CIPHERNET_PASSPHRASE, for `compare`.\n\nExamples:\n  ciphernet outputs\n  ciphernet outputs --delete eval-3f2a91bc',
    )
    .action(outputs);
}
