import { join } from 'node:path';
import { DEFAULT_ENGINE, ENGINE_CHOICES } from '@ciphernet/artifacts';
import type { EncryptionMode } from '@ciphernet/ckks';
import {
  Command,
  Option,
  type ProgressBoard,
  type Session,
  createProgressBoard,
  integerBetween,
  namesArgument,
  openSession,
} from '@ciphernet/command-line';
import { type Dataset, loadDataset, takeExamples } from '@ciphernet/datasets';
import { InputError } from '@ciphernet/foundation';
import { modelBlobs, openModelKey } from '@ciphernet/models';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import type { NamedDataset } from '@ciphernet/queue';
import { type Curve, curveToText } from '@ciphernet/report';
import { writeCurve } from '@ciphernet/report-view';
import { MODEL_NAMES, modelSpec, recipeFor } from '@ciphernet/training';
import { conversionJob } from '@ciphernet/worker';
import { expectedOfConverted, encryptTestSplit, expectedOfZoo, runConversionCurve, runCurve } from '../curve-run.js';
import { modeOfBothKeys } from '../mode-option.js';
import { requireSharedQueue, startRoles } from '../start-roles.js';

interface CurveOptions {
  readonly dataset: NamedDataset;
  readonly model: string;
  readonly convert?: string;
  readonly examples?: number;
  readonly squares?: readonly string[];
  readonly epochs?: number;
  readonly seed: number;
  readonly images?: number;
  readonly engine: string;
  readonly mode: EncryptionMode;
  readonly remote: boolean;
  readonly json: boolean;
}

/** Encrypts the test split and trains: a network of the zoo, or one that is converted. */
async function trainedCurve(
  session: Session,
  board: ProgressBoard,
  { convert, dataset: name, engine, mode, ...options }: CurveOptions,
  dataset: Dataset,
): Promise<Curve> {
  if (convert === undefined) {
    const { model, seed } = options;
    const epochs = options.epochs ?? recipeFor(modelSpec(model), name).epochs;
    const encrypted = await encryptTestSplit(session, board, expectedOfZoo(model), dataset, mode);
    return runCurve(session, board, { dataset: name, model, epochs, seed, engine, everyEpoch: true }, encrypted);
  }
  // Before seconds of encryption: what cannot be converted is refused at once.
  const { configuration } = session;
  const blobs = modelBlobs(session.blobs, await openModelKey(configuration));
  const job = await conversionJob(blobs, convert, { ...options, train: name }, configuration.datasetFolders);
  const encrypted = await encryptTestSplit(session, board, await expectedOfConverted(dataset), dataset, mode);
  return runConversionCurve(session, board, { job, dataset: name, engine }, encrypted);
}

/** @throws InputError for options that say nothing without `--convert` */
function assertOptions({ convert, examples, squares }: CurveOptions): void {
  if (convert !== undefined || (examples === undefined && squares === undefined)) return;
  throw new InputError('only a conversion takes it', {
    where: examples === undefined ? '--squares' : '--examples',
    hint: 'name the network with --convert, or leave it out',
  });
}

async function curve(options: CurveOptions): Promise<void> {
  assertOptions(options);
  const owner = loadOwnerConfiguration();
  const full = await loadDataset(options.dataset, 'test', owner.datasetFolders);
  const dataset = takeExamples(full, options.images ?? full.count);
  await using session = await openSession();
  const board = createProgressBoard();
  try {
    if (options.remote) requireSharedQueue(session);
    else await startRoles(session, owner, { infer: Math.max(1, owner.cores - 1), audit: 1, train: true });
    const whole = await trainedCurve(session, board, options, dataset);
    board.stop();
    const { html } = await writeCurve(join(owner.reportsFolder, whole.run), whole);
    process.stdout.write(options.json ? `${JSON.stringify(whole)}\n` : `\n${curveToText(whole)}\n\n  curve  ${html}\n`);
    if (whole.missing.length > 0) process.exitCode = 1;
  } finally {
    board.stop();
  }
}

/** `curve`. */
export function curveCommand(): Command {
  return new Command('curve')
    .description("train a network and evaluate every epoch's checkpoint encrypted while training goes on")
    .addOption(new Option('--dataset <name>').choices(['mnist', 'fashion-mnist']).default('mnist'))
    .addOption(new Option('--model <name>', 'network to train').choices([...MODEL_NAMES]).default('cnn'))
    .option('--convert <file>', 'convert this ONNX network (see `model convert`) instead of training one of the zoo')
    .option('--examples <n>', 'of a conversion: train with the first n only', integerBetween(40, 1_000_000))
    .option('--squares <nodes>', 'of a conversion: the nodes that become squares', namesArgument)
    .option(
      '--epochs <n>',
      "epochs of training (default: the network's recipe for the dataset)",
      integerBetween(1, 200),
    )
    .option('--seed <n>', 'seed of training', integerBetween(0, 2 ** 31 - 1), 1)
    .option('--images <n>', 'only the first n test images', integerBetween(1, 1_000_000))
    .addOption(new Option('--engine <name>').choices([...ENGINE_CHOICES]).default(DEFAULT_ENGINE))
    .addOption(modeOfBothKeys())
    .option('--remote', 'only encrypt, enqueue and wait: workers and collector run elsewhere (Redis)', false)
    .option('--json', 'print the curve as JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  npm run ciphernet -- curve --model cnn --epochs 15\n  npm run ciphernet -- curve --dataset fashion-mnist --model cnn-wide\n  npm run ciphernet -- curve --convert relu.onnx --dataset mnist --examples 6000 --epochs 4',
    )
    .action(curve);
}
