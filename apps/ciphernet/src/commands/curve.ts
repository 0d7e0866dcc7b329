import { join } from 'node:path';
import { startCollector } from '@ciphernet/collector';
import { loadConfiguration } from '@ciphernet/configuration';
import { type Dataset, loadDataset, takeExamples } from '@ciphernet/datasets';
import { messageOf } from '@ciphernet/errors';
import { DEFAULT_ENGINE, ENGINE_NAMES } from '@ciphernet/evaluator';
import { type TrainJob, checkpointEvaluationId, newEvaluationId } from '@ciphernet/queue';
import { type Curve, curvePoint, curveToText, readReport, writeCurve } from '@ciphernet/report';
import { MODEL_NAMES, modelSpec } from '@ciphernet/training';
import { startWorker } from '@ciphernet/worker';
import { Command, Option } from 'commander';
import { encryptWithProgress } from '../encryption.js';
import { defaultKeysFolder, ensureKeys } from '../ensure-keys.js';
import { integerBetween } from '../options.js';
import { profileNamed } from '../profiles.js';
import { type ProgressBoard, createProgressBoard } from '../progress.js';
import { type Session, openSession, passphraseFromEnvironment } from '../session.js';
import { runTrainingJob } from '../training-job.js';
import { waitForEvaluation } from '../wait.js';

interface CurveOptions {
  readonly dataset: TrainJob['dataset'];
  readonly model: string;
  readonly epochs: number;
  readonly seed: number;
  readonly images?: number;
  readonly engine: string;
  readonly json: boolean;
}

/** Encrypts the test split before there is a model: under the profile of the network's depth. */
async function encryptTestSplit(
  session: Session,
  board: ProgressBoard,
  options: CurveOptions,
  dataset: Dataset,
): Promise<{ manifest: string; shards: number; images: number }> {
  const { configuration } = session;
  const spec = modelSpec(options.model);
  const squares = spec.layers.filter((layer) => layer.kind === 'square').length;
  const profile = profileNamed(squares === 1 ? 'one-square' : 'two-squares');
  const passphrase = passphraseFromEnvironment();
  const keys = await ensureKeys(defaultKeysFolder(configuration, profile.parameters), profile.parameters, passphrase);
  const { digest, manifest } = await encryptWithProgress(session, board, {
    ...profile,
    dataset,
    source: options.dataset,
    transform: spec.transform,
    mode: 'public',
    keys: keys.folder,
  });
  return { manifest: digest, shards: manifest.shards.length, images: dataset.count };
}

/** Waits for each epoch's evaluation; one that failed is named in the curve and holds nothing up. */
async function collectPoints(
  session: Session,
  board: ProgressBoard,
  run: string,
  epochs: number,
  shards: number,
): Promise<Pick<Curve, 'points' | 'missing'>> {
  const points: Curve['points'] = [];
  const missing: Curve['missing'] = [];
  const progress = board.start('evaluate', 'epochs');
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const evaluation = checkpointEvaluationId(run, epoch);
    try {
      const { folder } = await waitForEvaluation(session.backend, evaluation, shards, session.signal, () => undefined);
      points.push(curvePoint(epoch, await readReport(join(folder, 'report.json'))));
    } catch (error) {
      session.signal.throwIfAborted();
      missing.push({ epoch, reason: messageOf(error).slice(0, 300) });
    }
    progress.update(epoch, epochs);
  }
  progress.finish(`${points.length} of ${epochs} epochs`);
  return { points, missing };
}

async function curve(options: CurveOptions): Promise<void> {
  const full = await loadDataset(options.dataset, 'test', loadConfiguration().datasetFolders);
  const dataset = takeExamples(full, options.images ?? full.count);
  await using session = await openSession();
  const { backend, blobs, configuration } = session;
  const board = createProgressBoard();
  try {
    startWorker(backend, { infer: Math.max(1, configuration.cores - 1), train: 1 });
    startCollector(backend, blobs, configuration, passphraseFromEnvironment());
    const { manifest, shards, images } = await encryptTestSplit(session, board, options, dataset);
    const run = newEvaluationId('train');
    const data: TrainJob = {
      run,
      model: options.model,
      dataset: options.dataset,
      epochs: options.epochs,
      seed: options.seed,
      evaluate: { manifest, shards, engine: options.engine, compare: true },
    };
    const trained = await runTrainingJob(session, board, data);
    const collected = await collectPoints(session, board, run, options.epochs, shards);
    board.stop();
    const whole: Curve = {
      format: 'ciphernet-curve',
      version: 1,
      run,
      dataset: options.dataset,
      model: options.model,
      images,
      trainSeconds: trained.seconds,
      chosenEpoch: trained.epoch,
      ...collected,
    };
    const { html } = await writeCurve(join(configuration.reportsFolder, run), whole);
    process.stdout.write(options.json ? `${JSON.stringify(whole)}\n` : `\n${curveToText(whole)}\n\n  curve  ${html}\n`);
    if (collected.missing.length > 0) process.exitCode = 1;
  } finally {
    board.stop();
  }
}

export function curveCommand(): Command {
  return new Command('curve')
    .description("train a network and evaluate every epoch's checkpoint encrypted while training goes on")
    .addOption(new Option('--dataset <name>').choices(['mnist', 'fashion-mnist']).default('mnist'))
    .addOption(new Option('--model <name>', 'network to train').choices([...MODEL_NAMES]).default('cnn'))
    .option('--epochs <n>', 'epochs of training', integerBetween(1, 200), 15)
    .option('--seed <n>', 'seed of training', integerBetween(0, 2 ** 31 - 1), 1)
    .option('--images <n>', 'only the first n test images', integerBetween(1, 1_000_000))
    .addOption(new Option('--engine <name>').choices([...ENGINE_NAMES]).default(DEFAULT_ENGINE))
    .option('--json', 'print the curve as JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  npm run ciphernet -- curve --model cnn --epochs 15\n  npm run ciphernet -- curve --dataset fashion-mnist --model cnn-wide --epochs 30',
    )
    .action(curve);
}
