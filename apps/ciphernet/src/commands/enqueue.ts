import { manifestFromBytes } from '@ciphernet/ciphertext';
import { DEFAULT_ENGINE, ENGINE_NAMES } from '@ciphernet/evaluator';
import { enqueueEvaluation, newEvaluationId } from '@ciphernet/queue';
import { reportToText } from '@ciphernet/report';
import { Command, Option } from 'commander';
import { digestArgument, integerBetween } from '../options.js';
import { createProgressBoard } from '../progress.js';
import { openSession } from '../session.js';
import { startRoles } from '../start-roles.js';
import { fetchReport, waitForEvaluation } from '../wait.js';

interface EnqueueOptions {
  readonly dataset: string;
  readonly model: string;
  readonly engine: string;
  readonly priority?: number;
  readonly compare: boolean;
  readonly wait: boolean;
  readonly json: boolean;
}

async function enqueue(options: EnqueueOptions): Promise<void> {
  await using session = await openSession();
  const { backend, blobs, configuration, signal } = session;
  const manifest = manifestFromBytes(await blobs.get(options.dataset), `dataset ${options.dataset.slice(0, 12)}`);
  await blobs.get(options.model);
  if (backend.kind === 'embedded') {
    startRoles(session, { infer: configuration.cores, train: 0 }, false);
  }
  const evaluation = newEvaluationId();
  const shards = manifest.shards.length;
  await enqueueEvaluation(backend.flows(), evaluation, {
    manifest: options.dataset,
    shards,
    model: options.model,
    engine: options.engine,
    compare: options.compare,
    ...(options.priority === undefined ? {} : { priority: options.priority }),
  });
  if (!options.wait && backend.kind === 'redis') {
    process.stdout.write(options.json ? `${JSON.stringify({ evaluation })}\n` : `evaluation  ${evaluation}\n`);
    return;
  }
  const board = createProgressBoard();
  const progress = board.start('infer', 'images');
  try {
    const collected = await waitForEvaluation(backend, evaluation, shards, signal, (fraction, stage) =>
      progress.update(fraction * manifest.images, manifest.images, stage),
    );
    progress.finish(`${collected.images} images`);
    board.stop();
    if (options.json) process.stdout.write(`${JSON.stringify(collected)}\n`);
    else {
      const report = await fetchReport(blobs, collected);
      process.stdout.write(`\n${reportToText(report)}\n\n  report  ${collected.folder}/report.html\n`);
    }
  } finally {
    board.stop();
  }
}

export function enqueueCommand(): Command {
  return new Command('enqueue')
    .description('enqueue the evaluation of a model on an encrypted dataset')
    .requiredOption('--dataset <digest>', 'encrypted dataset, as printed by dataset encrypt', digestArgument)
    .requiredOption('--model <digest>', 'model, as printed by model train', digestArgument)
    .addOption(new Option('--engine <name>').choices([...ENGINE_NAMES]).default(DEFAULT_ENGINE))
    .option('--priority <n>', '1 is the most urgent', integerBetween(1, 2_000_000))
    .option('--no-compare', 'the owner may not hold the model: report the encrypted accuracy only')
    .option('--no-wait', 'return at once (Redis only)')
    .option('--json', 'print a JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  ciphernet enqueue --dataset 3f2a… --model 91bc…\n  ciphernet enqueue --dataset 3f2a… --model 91bc… --no-compare --no-wait --json',
    )
    .action(enqueue);
}
