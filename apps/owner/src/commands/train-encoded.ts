import { join } from 'node:path';
import {
  Command,
  type Session,
  createProgressBoard,
  digestArgument,
  evaluationArgument,
  integerBetween,
  runTrainingJob,
} from '@ciphernet/command-line';
import { InputError } from '@ciphernet/foundation';
import { loadOwnerConfiguration } from '@ciphernet/owner-records';
import type { TrainJob } from '@ciphernet/queue';
import { encodingReportToText } from '@ciphernet/report';

/** Pairs that the strongest attack of a report learns from, unless something else is asked for. */
const ATTACK_PAIRS = 20_000;

interface TrainOptions {
  readonly model: string;
  readonly epochs: number;
  readonly seed: number;
  readonly attackPairs: number;
  readonly run?: string;
  readonly json: boolean;
}

/** How the command gets its queue, and a worker where there is none. */
export interface TrainingRoles {
  open(): Promise<Session>;
  /** Called before a job is enqueued: embedded, this process is the only worker there can be. */
  startTraining(session: Session): void | Promise<void>;
}

/** The job that is asked for; or one that is there, whoever enqueued it: then it is waited for. */
async function trainingJob(session: Session, digest: string, options: TrainOptions): Promise<TrainJob> {
  const { QUEUES, newEvaluationId, parseTrainJob } = await import('@ciphernet/queue');
  const { run, model, epochs, seed } = options;
  if (run === undefined) return { run: newEvaluationId('train'), model, dataset: { stored: digest }, epochs, seed };
  const job = (await session.backend.queue(QUEUES.train).getJob(run)) as { readonly data: unknown } | undefined;
  if (job === undefined) {
    throw new InputError('there is no training of that id', {
      where: run,
      hint: '`model train --stored` prints one; jobs that ended are kept for some days: train again without --run',
    });
  }
  const found = parseTrainJob(job.data);
  if (typeof found.dataset !== 'string' && found.dataset.stored === digest) return found;
  throw new InputError('that training is of another dataset', { where: run, hint: 'give the digest that it was of' });
}

async function train(roles: TrainingRoles, digest: string, options: TrainOptions): Promise<void> {
  // Other commands of the group start without queue, charts and attacks.
  const [{ openEncodedData }, { reportEncoded }] = await Promise.all([
    import('../encoded-data.js'),
    import('../encoded-report.js'),
  ]);
  const owner = loadOwnerConfiguration();
  await using session = await roles.open();
  const { blobs, signal } = session;
  // What is missing at the owner's is said before a worker has trained.
  const data = await openEncodedData(owner, blobs, digest);
  await roles.startTraining(session);
  const job = await trainingJob(session, digest, options);
  const { run, model } = job;
  const { attackPairs } = options;
  const board = createProgressBoard();
  try {
    const trained = await runTrainingJob(session, board, job);
    const tools = { blobs, reportsFolder: owner.reportsFolder, board, signal };
    const { report, folder } = await reportEncoded(data, { run, model, trained, attackPairs }, tools);
    board.stop();
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ ...report, folder })}\n`
        : `\n${encodingReportToText(report)}\n\n  report  ${join(folder, 'encoding-report.html')}\n`,
    );
  } finally {
    board.stop();
  }
}

/** `dataset train`. */
export function trainEncodedCommand(roles: TrainingRoles): Command {
  return new Command('train')
    .description('have workers train on an encoded copy; reports accuracy, and what attacks make of the copy')
    .argument('<digest>', 'an encoded copy, as printed by dataset encode', digestArgument)
    .option('--model <name>', 'network of the zoo', 'encoded')
    .option('--epochs <n>', 'epochs', integerBetween(1, 200), 10)
    .option('--seed <n>', 'seed', integerBetween(0, 2 ** 31 - 1), 1)
    .option(
      '--attack-pairs <n>',
      'pairs that the strongest attack learns from',
      integerBetween(2, 1_000_000),
      ATTACK_PAIRS,
    )
    .option('--run <id>', 'report on a training that is there, whoever enqueued it', evaluationArgument)
    .option('--json', 'print the report as JSON', false)
    .addHelpText(
      'after',
      '\nWorkers see encoded images only; the report has pictures of what can be made of those, and stays in your folder.\n\nExamples:\n  ciphernet dataset train 5d1c…\n  ciphernet dataset train 5d1c… --epochs 5 --json\n  ciphernet dataset train 5d1c… --run train-0a1b2c3d4e5f',
    )
    .action((digest: string, options: TrainOptions) => train(roles, digest, options));
}
