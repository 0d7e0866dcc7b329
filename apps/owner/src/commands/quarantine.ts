import { Command, digestArgument } from '@ciphernet/command-line';
import { loadOwnerConfiguration, readQuarantine, releaseWorker, unlockDataset } from '@ciphernet/owner-records';

async function quarantine(options: { release?: string; unlock?: string; json: boolean }): Promise<void> {
  const { consentsFolder } = loadOwnerConfiguration();
  if (options.release !== undefined) await releaseWorker(consentsFolder, options.release);
  if (options.unlock !== undefined) await unlockDataset(consentsFolder, options.unlock);
  const { workers, forgeries } = await readQuarantine(consentsFolder);
  if (options.json) return void process.stdout.write(`${JSON.stringify({ workers, forgeries })}\n`);
  for (const { worker, evaluation, since } of workers) {
    process.stdout.write(`${since.slice(0, 19)}  worker ${worker}  caught in ${evaluation}\n`);
  }
  for (const [dataset, count] of Object.entries(forgeries)) {
    process.stdout.write(`dataset ${dataset}  ${count} forged result${count === 1 ? '' : 's'}\n`);
  }
  if (workers.length === 0 && Object.keys(forgeries).length === 0) process.stdout.write('nobody was caught\n');
}

/** `quarantine`. */
export function quarantineCommand(): Command {
  return new Command('quarantine')
    .description('workers whose results were forged, and whose results are no longer taken; datasets that are locked')
    .option('--release <worker>', 'take a worker out again, by its fingerprint', digestArgument)
    .option('--unlock <dataset>', 'forget the forged results of a dataset', digestArgument)
    .option('--json', 'print a JSON object', false)
    .addHelpText('after', '\nExamples:\n  ciphernet quarantine\n  ciphernet quarantine --unlock 3f2a…')
    .action(quarantine);
}
