import { DEFAULT_ENGINE, ENGINE_CHOICES } from '@ciphernet/artifacts';
import type { EncryptionMode, RingName } from '@ciphernet/ckks';
import {
  Command,
  Option,
  type OwnDataOptions,
  OWN_DATA_OPTIONS,
  addOwnDataOptions,
  assertNotGiven,
  createProgressBoard,
  digestArgument,
  integerBetween,
  openSession,
  rangeArgument,
  ringOption,
} from '@ciphernet/command-line';
import { NAMED_DATASETS, loadDataset, takeExamples } from '@ciphernet/datasets';
import { InputError } from '@ciphernet/foundation';
import type { EncryptorName } from '@ciphernet/keyring';
import { DEFAULT_PORT } from '@ciphernet/operator';
import { encryptorOption } from '@ciphernet/owner';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import { MODEL_NAMES } from '@ciphernet/training';
import { collecting, evaluate, openDashboard, showReport } from '../evaluation-steps.js';
import { modeOfBothKeys } from '../mode-option.js';
import { requireSharedQueue, startRoles } from '../start-roles.js';
import { readyModel } from '../ready-model.js';
import { runOwn } from './run-own.js';

/** Options of `run`. */
export interface RunOptions extends OwnDataOptions {
  readonly data?: string;
  readonly calibrate?: string;
  readonly inputRange?: { readonly from: number; readonly to: number };
  readonly calibrateOnData: boolean;
  readonly dataset: string;
  readonly images?: number;
  readonly model: string;
  readonly trained?: string;
  readonly epochs: number;
  readonly seed: number;
  readonly engine: string;
  readonly mode: EncryptionMode;
  readonly encryptor: EncryptorName;
  readonly ring?: RingName;
  readonly json?: string;
  readonly audit: boolean;
  readonly remote: boolean;
  readonly explain: boolean;
  readonly dashboard: boolean;
  readonly port: number;
}

/** @throws InputError for a name that is no network of the zoo, with what to do where it is a file */
function assertZooModel(name: string): void {
  if (MODEL_NAMES.includes(name)) return;
  throw new InputError(`there is no network ${JSON.stringify(name)} to train`, {
    where: '--model',
    hint: `use ${MODEL_NAMES.join(', ')}; a model of your own is evaluated on data of your own: --data FILE`,
  });
}

/** What says something of one kind of run only. */
const OF_OWN_DATA = [...OWN_DATA_OPTIONS, 'calibrate', 'inputRange', 'calibrateOnData'];
const OF_TRAINING = ['dataset', 'trained', 'epochs', 'seed'];

async function run(options: RunOptions, command: Command): Promise<void> {
  if (options.data !== undefined) {
    assertNotGiven(command, OF_TRAINING, 'a model of your own is evaluated on --data as it is: leave it out');
    return runOwn(options, options.data);
  }
  assertNotGiven(command, OF_OWN_DATA, 'name data of your own with --data, or leave it out');
  assertZooModel(options.model);
  const owner = loadOwnerConfiguration();
  const isNamed = (NAMED_DATASETS as readonly string[]).includes(options.dataset);
  // Load first: an unknown or damaged dataset must fail before a queue is started and minutes of training.
  const full = await loadDataset(options.dataset, 'test', owner.datasetFolders);
  const dataset = takeExamples(full, options.images ?? full.count);
  if (!isNamed && options.trained === undefined) {
    throw new InputError('a folder is evaluated, not trained on', {
      where: '--dataset',
      hint: 'give the model with --trained; `model train` makes one',
    });
  }
  await using session = await openSession();
  const { backend } = session;
  process.stderr.write(`queue: ${backend.description}\n`);
  await using dashboard = options.dashboard ? await openDashboard(session, options.port) : undefined;
  const board = createProgressBoard();
  try {
    if (options.remote) requireSharedQueue(session);
    const roles = { infer: owner.cores, audit: 1, train: true };
    const prepare = options.remote ? undefined : await startRoles(session, owner, roles, collecting(board));
    const { model, encrypted } = await readyModel(session, board, options, dataset, prepare);
    const accepted = await evaluate(session, board, options, model, { ...encrypted, images: dataset.count });
    board.stop();
    await showReport(accepted, options.json);
    await dashboard?.untilStopped();
  } finally {
    board.stop();
  }
}

/** `run`. */
export function runCommand(): Command {
  const command = new Command('run')
    .description('train, encrypt, evaluate and report in one process; with REDIS_URL, other workers help')
    .option('--dataset <name|folder>', `${NAMED_DATASETS.join(', ')}, or a folder with IDX files`, 'mnist')
    .option('--images <n>', 'only the first n examples', integerBetween(1, 100_000_000))
    .option('--data <file|folder>', 'own data: CSV, TSV, Parquet, .npy, .npz, or a folder of images a class')
    .option(
      '--model <name|file>',
      `network to train (${MODEL_NAMES.join(', ')}); with --data: an .onnx file or a folder with model.json`,
      'reference',
    )
    .option(
      '--calibrate <file|folder>',
      'data that ranges are measured on; default: the own data, in this process only',
    )
    .option('--input-range <from..to>', 'range of every value of the own data, instead of measuring it', rangeArgument)
    .option('--calibrate-on-data', 'let workers elsewhere see ranges and covariances of the own data', false)
    .option('--trained <digest>', 'evaluate this model instead of training one', digestArgument)
    .option('--epochs <n>', 'epochs of training', integerBetween(1, 200), 5)
    .option('--seed <n>', 'seed of training', integerBetween(0, 2 ** 31 - 1), 1)
    .addOption(
      new Option('--engine <name>', 'how ciphertexts are evaluated; auto: the fastest that each worker has')
        .choices([...ENGINE_CHOICES])
        .default(DEFAULT_ENGINE),
    )
    .addOption(modeOfBothKeys())
    .addOption(encryptorOption())
    .addOption(ringOption('the cheaper one, unless that costs a model of your own accuracy'))
    .option('--no-audit', 'do not have results spot-checked')
    .option('--remote', 'only encrypt, enqueue and wait: workers and collector run elsewhere (Redis)', false)
    .option('--dashboard', 'show the run in a browser, until Ctrl-C', false)
    .option('--port <n>', 'port of the dashboard', integerBetween(0, 65_535), DEFAULT_PORT)
    .option('--explain', "print the planner's reasoning", false)
    .option('--json <file>', 'also write the report as JSON to this file');
  addOwnDataOptions(command);
  return command
    .addHelpText(
      'after',
      '\nExamples:\n  npm start -- --data patients.csv --label diagnosis --model model.onnx --calibrate train.csv\n  npm start\n  npm start -- --dataset fashion-mnist --epochs 10\n  npm start -- --images 1000 --json report.json',
    )
    .action(run);
}
