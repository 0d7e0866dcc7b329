import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { MODEL_OWNERS } from '@ciphernet/artifacts';
import { openBlobStore } from '@ciphernet/blobs';
import { profileNamed } from '@ciphernet/ckks';
import {
  Command,
  Option,
  type OwnDataOptions,
  type Session,
  addCalibrationOptions,
  OWN_DATA_OPTIONS,
  addOwnDataOptions,
  assertNotGiven,
  createProgressBoard,
  digestArgument,
  integerBetween,
  rangeArgument,
  runTrainingJob,
} from '@ciphernet/command-line';
import { compileCommand } from '@ciphernet/compute-files';
import { uploadBytesPerValue } from '@ciphernet/compiler';
import { loadConfiguration } from '@ciphernet/configuration';
import { InputError, IntegrityError, printable } from '@ciphernet/foundation';
import { checkModel, createModelKey, importModels, importOwnModel, openModelKey } from '@ciphernet/models';
import { type NamedDataset, newEvaluationId } from '@ciphernet/queue';
import { percent, sizeText } from '@ciphernet/report';
import { MODEL_NAMES, costOfModel, modelSpec } from '@ciphernet/training';
import { openAuditor } from '../audit.js';
import { convertCommand } from './convert.js';

async function train(
  roles: ModelRoles,
  name: string,
  options: { dataset: NamedDataset; stored?: string; epochs: number; seed: number; json: boolean },
): Promise<void> {
  modelSpec(name);
  await using session = await roles.open();
  const key = await openModelKey(session.configuration);
  await roles.startTraining(session);
  const { stored, epochs, seed } = options;
  const dataset = stored === undefined ? options.dataset : { stored };
  const board = createProgressBoard();
  try {
    const data = { run: newEvaluationId('train'), model: name, dataset, epochs, seed };
    const trained = await runTrainingJob(session, board, data);
    board.stop();
    if (key !== undefined && !(await checkModel(session.blobs, trained.model)).isSealed) {
      throw new IntegrityError('the worker that trained the model stored it in the clear', {
        where: `model ${trained.model.slice(0, 12)}`,
        hint: 'workers that train need the key as well: CIPHERNET_MODEL_KEY',
      });
    }
    const { predictions } = trained;
    // By the run a stored set's owner finds the predictions: `dataset train --run`.
    const answer = predictions === undefined ? '' : `run    ${data.run}\n`;
    process.stdout.write(
      options.json ? `${JSON.stringify({ run: data.run, ...trained })}\n` : `model  ${trained.model}\n${answer}`,
    );
  } finally {
    board.stop();
  }
}

interface ImportOptions extends OwnDataOptions {
  readonly dataset: string;
  readonly mean: number;
  readonly crop: number;
  readonly calibrate?: string;
  readonly inputRange?: { readonly from: number; readonly to: number };
  readonly json: boolean;
}

/** A model of a file, calibrated on data of its owner: statistics of it go into the store, no example. */
async function importFile(path: string, calibrate: string, options: ImportOptions): Promise<void> {
  const configuration = loadConfiguration();
  const blobs = await openBlobStore(configuration);
  const key = await openModelKey(configuration);
  const { label, ignore, classes, inputRange: range } = options;
  const calibration = {
    path: resolve(calibrate),
    // A column that calibration data has no targets in is no feature either.
    choice: { label: label ?? [], ignore, classes },
    range,
    note:
      range === undefined
        ? `calibrated on ${basename(calibrate)}`
        : `calibrated on values from ${range.from} to ${range.to}, as stated`,
  };
  const imported = await importOwnModel(blobs, resolve(path), calibration, key);
  await MODEL_OWNERS.sign(blobs, imported.model, await openAuditor(configuration));
  for (const line of imported.guesses) process.stderr.write(`  ${printable(line)}\n`);
  const { name, model } = imported;
  process.stdout.write(options.json ? `${JSON.stringify({ name, model })}\n` : `model  ${model}  ${name}\n`);
}

async function importFolder(folder: string, options: ImportOptions, command: Command): Promise<void> {
  assertNotGiven(command, ['task', 'positive', 'slice'], 'say it where data is encrypted: a model does not have it');
  if (options.calibrate !== undefined) {
    assertNotGiven(
      command,
      ['dataset', 'mean', 'crop'],
      'the model is calibrated on what --calibrate names: leave it out',
    );
    return importFile(folder, options.calibrate, options);
  }
  assertNotGiven(
    command,
    [...OWN_DATA_OPTIONS, 'inputRange'],
    'it is about the data that --calibrate names: give that as well',
  );
  if ((await stat(folder).catch(() => undefined))?.isFile() === true) {
    throw new InputError('a model of a file needs data that looks like what it will read', {
      where: '--calibrate',
      hint: 'give a table or a folder of images that may be seen; --input-range takes only its columns’ names',
    });
  }
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
  startTraining(session: Session): void | Promise<void>;
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

/** `model train`, `import`, `convert`, `compile`, `key`, `sign` and `list`. */
export async function modelCommand(roles: ModelRoles): Promise<Command> {
  const model = new Command('model').description('models');
  model
    .command('train')
    .description('train a network of the zoo on public data, or on a set that its owner stored; prints its digest')
    .argument('<name>', MODEL_NAMES.join(', '))
    .addOption(new Option('--dataset <name>').choices(['mnist', 'fashion-mnist']).default('mnist'))
    .addOption(
      new Option('--stored <digest>', 'a set in the store instead: what `dataset encode` printed')
        .argParser(digestArgument)
        .conflicts('dataset'),
    )
    .option('--epochs <n>', 'epochs', integerBetween(1, 200), 5)
    .option('--seed <n>', 'seed', integerBetween(0, 2 ** 31 - 1), 1)
    .option('--json', 'print a JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  ciphernet model train cnn --dataset fashion-mnist --epochs 15\n  ciphernet model train encoded --stored 5d1c… --epochs 15',
    )
    .action((name: string, options: Parameters<typeof train>[2]) => train(roles, name, options));
  const importing = addCalibrationOptions(model.command('import'))
    .description('store an ONNX model, a tfjs model, or each of a folder of tfjs models; prints their digests')
    .argument('<file|folder>', 'an .onnx file, a folder with model.json and its weights, or a folder of such folders')
    .option('--input-range <from..to>', 'range of every value, instead of measuring it', rangeArgument)
    .option('--json', 'print a JSON object a model', false);
  addOwnDataOptions(importing)
    .addHelpText(
      'after',
      '\nExamples:\n  ciphernet model import model.onnx --calibrate train.csv --label diagnosis\n  ciphernet model import ./my-model\n  ciphernet model import ./checkpoints --dataset fashion-mnist',
    )
    .action(importFolder);
  model.addCommand(convertCommand(roles));
  model.addCommand(await compileCommand());
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
