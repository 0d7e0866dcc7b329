import { type TrainJob, newEvaluationId } from '@ciphernet/queue';
import { MODEL_NAMES, modelSpec } from '@ciphernet/training';
import { startWorker } from '@ciphernet/worker';
import { Command, Option } from 'commander';
import { integerBetween } from '../options.js';
import { createProgressBoard } from '../progress.js';
import { openSession } from '../session.js';
import { runTrainingJob } from '../training-job.js';

async function train(
  name: string,
  options: { dataset: TrainJob['dataset']; epochs: number; seed: number; json: boolean },
): Promise<void> {
  modelSpec(name);
  await using session = await openSession();
  const { backend } = session;
  // Embedded, this process is the only worker there can be; on Redis, any worker may take the job.
  if (backend.kind === 'embedded') startWorker(backend, { infer: 0, train: 1 });
  const { dataset, epochs, seed } = options;
  const board = createProgressBoard();
  try {
    const data = { run: newEvaluationId('train'), model: name, dataset, epochs, seed };
    const trained = await runTrainingJob(session, board, data);
    board.stop();
    process.stdout.write(options.json ? `${JSON.stringify(trained)}\n` : `model  ${trained.model}\n`);
  } finally {
    board.stop();
  }
}

export function modelCommand(): Command {
  const model = new Command('model').description('models');
  model
    .command('train')
    .description('train a network of the zoo on public data; prints its digest')
    .argument('<name>', MODEL_NAMES.join(', '))
    .addOption(new Option('--dataset <name>').choices(['mnist', 'fashion-mnist']).default('mnist'))
    .option('--epochs <n>', 'epochs', integerBetween(1, 200), 5)
    .option('--seed <n>', 'seed', integerBetween(0, 2 ** 31 - 1), 1)
    .option('--json', 'print a JSON object', false)
    .addHelpText('after', '\nExamples:\n  ciphernet model train cnn --dataset fashion-mnist --epochs 15')
    .action(train);
  model
    .command('list')
    .description('networks that can be trained')
    .action(() => {
      for (const name of MODEL_NAMES) process.stdout.write(`${name.padEnd(12)} ${modelSpec(name).description}\n`);
    });
  return model;
}
