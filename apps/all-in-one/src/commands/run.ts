import { join } from 'node:path';
import { DEFAULT_ENGINE, ENGINE_NAMES } from '@ciphernet/artifacts';
import type { EncryptionMode, RingName } from '@ciphernet/ckks';
import {
  Command,
  Option,
  type Progress,
  type ProgressBoard,
  type Session,
  createProgressBoard,
  digestArgument,
  integerBetween,
  openSession,
  ringOption,
  runTrainingJob,
  untilStopped,
} from '@ciphernet/command-line';
import { explainPlan } from '@ciphernet/compiler';
import { type Dashboard, startDashboard } from '@ciphernet/dashboard';
import { type Dataset, NAMED_DATASETS, loadDataset, takeExamples } from '@ciphernet/datasets';
import { InputError, writeWhole } from '@ciphernet/foundation';
import type { EncryptorName } from '@ciphernet/keyring';
import { type Model, compileModel, loadModel, openModelKey } from '@ciphernet/models';
import { DEFAULT_PORT, dashboardPassword } from '@ciphernet/operator';
import {
  type Accepted,
  awaitOutcome,
  encryptWithProgress,
  encryptorOption,
  ensureKeys,
  ringFor,
} from '@ciphernet/owner';
import { allow, loadOwnerConfiguration } from '@ciphernet/owner-records';
import { type JobProgress, type TrainJob, enqueueEvaluation, newEvaluationId } from '@ciphernet/queue';
import { reportToJson, reportToText } from '@ciphernet/report';
import { MODEL_NAMES } from '@ciphernet/training';
import { requireSharedQueue, startRoles } from '../start-roles.js';

interface RunOptions {
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

/** Trains on the dataset's training split. @returns the model's digest */
async function trainOnDataset(session: Session, board: ProgressBoard, options: RunOptions): Promise<string> {
  const { model, epochs, seed } = options;
  const dataset = options.dataset as TrainJob['dataset'];
  const trained = await runTrainingJob(session, board, { run: newEvaluationId('train'), model, dataset, epochs, seed });
  return trained.model;
}

async function encryptForModel(
  session: Session,
  board: ProgressBoard,
  options: RunOptions,
  dataset: Dataset,
  model: Model,
): Promise<{ digest: string; shards: number }> {
  const { blobs, signal } = session;
  const { plan, circuit } = compileModel(model, { mode: options.mode, ring: ringFor(options) });
  if (options.explain) process.stderr.write(`${explainPlan(plan, circuit)}\n`);
  const owner = loadOwnerConfiguration();
  const keys = await ensureKeys(owner, plan.parameters);
  const request = {
    dataset,
    source: options.dataset,
    transform: model.record.transform,
    parameters: plan.parameters,
    inputScale: plan.inputScale,
    mode: options.mode,
    encryptor: options.encryptor,
  };
  const encrypted = await encryptWithProgress(request, keys, { owner, blobs, signal, board });
  return { digest: encrypted.digest, shards: encrypted.manifest.shards.length };
}

/** Shows decrypting and comparing, once they begin. */
function collecting(board: ProgressBoard): (evaluation: string, progress: JobProgress) => void {
  let shown: Progress | undefined;
  return (_evaluation, { stage, done, total }) => {
    shown ??= board.start('collect', '');
    shown.update(done, total, stage);
    if (stage === 'compare' && done === total) shown.finish('decrypted and compared');
  };
}

async function evaluate(
  session: Session,
  board: ProgressBoard,
  options: RunOptions,
  { digest: model, isSealed }: Pick<Model, 'digest' | 'isSealed'>,
  dataset: { digest: string; shards: number; images: number },
): Promise<Accepted> {
  const { backend, signal } = session;
  const evaluation = newEvaluationId();
  const owner = loadOwnerConfiguration();
  await allow(owner, dataset.digest, { models: [model] });
  await enqueueEvaluation(backend.flows(), evaluation, {
    manifest: dataset.digest,
    shards: dataset.shards,
    model,
    engine: options.engine,
    // A sealed model is its owner's workers' to read: there is nothing to compare with.
    compare: !isSealed,
    audit: options.audit,
  });
  const progress = board.start('infer', 'images');
  const tools = { backend, reportsFolder: owner.reportsFolder, signal };
  const accepted = await awaitOutcome(evaluation, dataset.shards, tools, (fraction) =>
    progress.update(fraction * dataset.images, dataset.images),
  );
  const { images, seconds } = accepted.report;
  progress.finish(`${images} images in ${seconds.infer.toFixed(2)} s`);
  return accepted;
}

async function openDashboard(session: Session, port: number): Promise<Dashboard> {
  const { backend, blobs } = session;
  const settings = { host: '127.0.0.1', port, password: dashboardPassword(), readOnly: false };
  const dashboard = await startDashboard(backend, blobs, settings);
  process.stderr.write(`dashboard: ${dashboard.url}\n`);
  return dashboard;
}

async function run(options: RunOptions): Promise<void> {
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
  const { backend, blobs } = session;
  process.stderr.write(`queue: ${backend.description}\n`);
  await using dashboard = options.dashboard ? await openDashboard(session, options.port) : undefined;
  const board = createProgressBoard();
  try {
    if (options.remote) requireSharedQueue(session);
    else await startRoles(session, owner, { infer: owner.cores, audit: 1, train: true }, collecting(board));
    const digest = options.trained ?? (await trainOnDataset(session, board, options));
    const model = await loadModel(blobs, digest, await openModelKey(session.configuration));
    const encrypted = await encryptForModel(session, board, options, dataset, model);
    const { report, folder } = await evaluate(session, board, options, model, { ...encrypted, images: dataset.count });
    board.stop();
    if (options.json !== undefined) await writeWhole(options.json, reportToJson(report));
    process.stdout.write(
      `\n${reportToText(report)}\n\n  report  ${join(folder, 'report.html')}\n          ${join(folder, 'report.json')}\n`,
    );
    if (dashboard !== undefined) {
      process.stderr.write(`\ndashboard: ${dashboard.url} until Ctrl-C\n`);
      await untilStopped(session.signal);
    }
  } finally {
    board.stop();
  }
}

/** `run`. */
export function runCommand(): Command {
  return new Command('run')
    .description('train, encrypt, evaluate and report in one process; with REDIS_URL, other workers help')
    .option('--dataset <name|folder>', `${NAMED_DATASETS.join(', ')}, or a folder with IDX files`, 'mnist')
    .option('--images <n>', 'only the first n test images', integerBetween(1, 1_000_000))
    .addOption(new Option('--model <name>', 'network to train').choices([...MODEL_NAMES]).default('reference'))
    .option('--trained <digest>', 'evaluate this model instead of training one', digestArgument)
    .option('--epochs <n>', 'epochs of training', integerBetween(1, 200), 5)
    .option('--seed <n>', 'seed of training', integerBetween(0, 2 ** 31 - 1), 1)
    .addOption(
      new Option('--engine <name>', 'how ciphertexts are evaluated').choices([...ENGINE_NAMES]).default(DEFAULT_ENGINE),
    )
    .addOption(
      new Option('--mode <mode>', 'encrypt with the public key, or symmetrically')
        .choices(['public', 'symmetric'])
        .default('public'),
    )
    .addOption(encryptorOption())
    .addOption(ringOption('the cheaper one where that costs no accuracy'))
    .option('--no-audit', 'do not have results spot-checked')
    .option('--remote', 'only encrypt, enqueue and wait: workers and collector run elsewhere (Redis)', false)
    .option('--dashboard', 'show the run in a browser, until Ctrl-C', false)
    .option('--port <n>', 'port of the dashboard', integerBetween(0, 65_535), DEFAULT_PORT)
    .option('--explain', "print the planner's reasoning", false)
    .option('--json <file>', 'also write the report as JSON to this file')
    .addHelpText(
      'after',
      '\nExamples:\n  npm start\n  npm start -- --dataset fashion-mnist --epochs 10\n  npm start -- --images 1000 --json report.json',
    )
    .action((options: RunOptions) => run(options));
}
