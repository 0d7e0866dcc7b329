import { MODEL_OWNERS } from '@ciphernet/artifacts';
import { openBlobStore } from '@ciphernet/blobs';
import { profileNamed } from '@ciphernet/ckks';
import {
  Command,
  Option,
  type Session,
  createProgressBoard,
  digestArgument,
  integerBetween,
  runTrainingJob,
} from '@ciphernet/command-line';
import { uploadBytesPerValue } from '@ciphernet/compiler';
import { loadConfiguration } from '@ciphernet/configuration';
import { checkModel, createModelKey, importModels, openModelKey } from '@ciphernet/models';
import { type TrainJob, newEvaluationId } from '@ciphernet/queue';
import { percent, sizeText } from '@ciphernet/report';
import { MODEL_NAMES, costOfModel, modelSpec } from '@ciphernet/training';
import { openAuditor } from '../audit.js';

async function train(
  roles: ModelRoles,
  name: string,
  options: { dataset: TrainJob['dataset']; epochs: number; seed: number; json: boolean },
): Promise<void> {
  modelSpec(name);
  await using session = await roles.open();
  roles.startTraining(session);
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

async function importFolder(
  folder: string,
  options: { dataset: string; mean: number; crop: number; json: boolean },
): Promise<void> {
  const configuration = loadConfiguration();
  const { dataset, mean, crop } = options;
  const folders = configuration.datasetFolders;
  const blobs = await openBlobStore(configuration);
  const key = await openModelKey(configuration);
  const identity = await openAuditor(configuration);
  for (const entry of await importModels(blobs, folder, { dataset, transform: { mean, crop }, folders, key })) {
    await MODEL_OWNERS.sign(blobs, entry.model, identity);
    process.stdout.write(options.json ? `${JSON.stringify(entry)}\n` : `model  ${entry.model}  ${entry.name}\n`);
  }
}

/** Signs models that are in the store: of a version before signatures, or made by somebody of the same owner. */
async function sign(models: readonly string[]): Promise<void> {
  const configuration = loadConfiguration();
  const blobs = await openBlobStore(configuration);
  const identity = await openAuditor(configuration);
  for (const model of models) {
    await checkModel(blobs, model);
    const owner = await MODEL_OWNERS.sign(blobs, model, identity);
    process.stdout.write(`model  ${model}  signed by ${owner}\n`);
  }
}

const IMAGE = { height: 28, width: 28, channels: 1 };
const CLASSES = 10;

/** Best encrypted accuracy of a network on a dataset's whole test split, where it is known. */
export type MeasuredAccuracy = (network: string, dataset: string) => number | undefined;

/** What the commands take from the process that they run in. */
export interface ModelRoles {
  /** Called before a training job is enqueued: embedded, this process is the only worker there can be. */
  startTraining(session: Session): void;
  open(): Promise<Session>;
  /** Accuracies of the reports at hand; without reports none is known. */
  measured(): Promise<MeasuredAccuracy>;
}

async function list(roles: ModelRoles, options: { json: boolean }): Promise<void> {
  const measured = await roles.measured();
  const rows = MODEL_NAMES.map((name) => {
    const spec = modelSpec(name);
    const { features, squares, multiplyAdds } = costOfModel(spec, IMAGE, CLASSES);
    const { parameters } = profileNamed(squares === 1 ? 'one-square' : 'two-squares');
    const uploadBytes = features * uploadBytesPerValue(parameters);
    const accuracy = { mnist: measured(name, 'mnist'), 'fashion-mnist': measured(name, 'fashion-mnist') };
    return { name, squares, multiplyAdds, uploadBytes, accuracy, description: spec.description };
  });
  if (options.json) return void process.stdout.write(`${JSON.stringify(rows)}\n`);
  const share = (value: number | undefined): string => (value === undefined ? '–' : percent(value)).padStart(9);
  process.stdout.write('name        squares  multiply-adds   upload     MNIST   Fashion  network\n');
  for (const { name, squares, multiplyAdds, uploadBytes, accuracy, description } of rows) {
    process.stdout.write(
      `${name.padEnd(12)}${String(squares).padStart(7)}${multiplyAdds.toLocaleString('en').padStart(15)}${sizeText(uploadBytes).padStart(9)} ${share(accuracy.mnist)} ${share(accuracy['fashion-mnist'])}  ${description}\n`,
    );
  }
  process.stdout.write(
    'for a 28×28 image in a full shard; accuracies: the best encrypted ones of the reports in this data folder\n',
  );
}

/** `model train`, `import` and `list`. */
export function modelCommand(roles: ModelRoles): Command {
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
    .action((name: string, options: Parameters<typeof train>[2]) => train(roles, name, options));
  model
    .command('import')
    .description('store a tfjs model, or each of a folder of them; prints their digests')
    .argument('<folder>', 'folder with model.json and its weights, or a folder of such folders')
    .addOption(
      new Option('--dataset <name>', 'public data that ranges are measured on')
        .choices(['mnist', 'fashion-mnist'])
        .default('mnist'),
    )
    .option('--mean <k>', 'public input transform: mean of k×k pixels', integerBetween(1, 14), 1)
    .option('--crop <n>', 'public input transform: pixels off each side', integerBetween(0, 13), 0)
    .option('--json', 'print a JSON object a model', false)
    .addHelpText(
      'after',
      '\nExamples:\n  ciphernet model import ./my-model\n  ciphernet model import ./checkpoints --dataset fashion-mnist',
    )
    .action(importFolder);
  model
    .command('key')
    .description('make a key that models are stored under: for their owner, whose workers and auditors get a copy')
    .argument('<file>', 'where it goes; CIPHERNET_MODEL_KEY names it')
    .addHelpText(
      'after',
      '\nExamples:\n  ciphernet model key ./model.key\n  CIPHERNET_MODEL_KEY=./model.key ciphernet model import ./my-model',
    )
    .action(async (file: string) => {
      await createModelKey(file);
      process.stdout.write(`model key  ${file}\n`);
    });
  model
    .command('sign')
    .description('sign models in the store as yours; what `train` and `import` make is signed already')
    .argument('<digests...>', 'models', (text, before?: string[]) => [...(before ?? []), digestArgument(text)])
    .addHelpText(
      'after',
      '\nA data owner who trusts you allows all of them by the fingerprint that is printed.\n\nExamples:\n  ciphernet model sign 91bc…',
    )
    .action(sign);
  model
    .command('list')
    .description('networks that can be trained: their cost under encryption, and the accuracy of your reports')
    .option('--json', 'print a JSON array', false)
    .addHelpText('after', '\nExamples:\n  ciphernet model list\n  ciphernet model list --json')
    .action((options: { json: boolean }) => list(roles, options));
  return model;
}
