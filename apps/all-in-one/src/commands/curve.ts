import { join } from 'node:path';
import { DEFAULT_ENGINE, ENGINE_CHOICES } from '@ciphernet/artifacts';
import { Command, Option, createProgressBoard, integerBetween, openSession } from '@ciphernet/command-line';
import { loadDataset, takeExamples } from '@ciphernet/datasets';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import type { NamedDataset } from '@ciphernet/queue';
import { curveToText } from '@ciphernet/report';
import { writeCurve } from '@ciphernet/report-view';
import { MODEL_NAMES, modelSpec, recipeFor } from '@ciphernet/training';
import { encryptTestSplit, runCurve } from '../curve-run.js';
import { requireSharedQueue, startRoles } from '../start-roles.js';

interface CurveOptions {
  readonly dataset: NamedDataset;
  readonly model: string;
  readonly epochs?: number;
  readonly seed: number;
  readonly images?: number;
  readonly engine: string;
  readonly remote: boolean;
  readonly json: boolean;
}

async function curve(options: CurveOptions): Promise<void> {
  const owner = loadOwnerConfiguration();
  const epochs = options.epochs ?? recipeFor(modelSpec(options.model), options.dataset).epochs;
  const full = await loadDataset(options.dataset, 'test', owner.datasetFolders);
  const dataset = takeExamples(full, options.images ?? full.count);
  await using session = await openSession();
  const board = createProgressBoard();
  try {
    if (options.remote) requireSharedQueue(session);
    else await startRoles(session, owner, { infer: Math.max(1, owner.cores - 1), audit: 1, train: true });
    const encrypted = await encryptTestSplit(session, board, options.model, dataset);
    const whole = await runCurve(session, board, { ...options, epochs, everyEpoch: true }, encrypted);
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
    .option(
      '--epochs <n>',
      "epochs of training (default: the network's recipe for the dataset)",
      integerBetween(1, 200),
    )
    .option('--seed <n>', 'seed of training', integerBetween(0, 2 ** 31 - 1), 1)
    .option('--images <n>', 'only the first n test images', integerBetween(1, 1_000_000))
    .addOption(new Option('--engine <name>').choices([...ENGINE_CHOICES]).default(DEFAULT_ENGINE))
    .option('--remote', 'only encrypt, enqueue and wait: workers and collector run elsewhere (Redis)', false)
    .option('--json', 'print the curve as JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  npm run ciphernet -- curve --model cnn --epochs 15\n  npm run ciphernet -- curve --dataset fashion-mnist --model cnn-wide',
    )
    .action(curve);
}
