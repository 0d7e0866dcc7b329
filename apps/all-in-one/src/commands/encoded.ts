import { join } from 'node:path';
import {
  Command,
  Option,
  type ProgressBoard,
  type Session,
  createProgressBoard,
  integerBetween,
  openSession,
  runTrainingJob,
} from '@ciphernet/command-line';
import { loadDataset, toFeatures } from '@ciphernet/datasets';
import { writeWhole } from '@ciphernet/foundation';
import { loadModel, openModelKey } from '@ciphernet/models';
import { fractionEqual, predictionsOf } from '@ciphernet/network';
import { encodeWithProgress, openEncodedData, reportEncoded } from '@ciphernet/owner';
import { type OwnerConfiguration, loadOwnerConfiguration } from '@ciphernet/owner-records';
import { type NamedDataset, newEvaluationId } from '@ciphernet/queue';
import { type EncodingReport, encodingReportToText, encodingTable } from '@ciphernet/report';
import { trainHere } from '../train-here.js';

const MODEL = 'encoded';

interface EncodedOptions {
  readonly dataset: NamedDataset[];
  readonly epochs: number;
  readonly seed: number;
  readonly train?: number;
  readonly test?: number;
  readonly attackPairs: number;
  readonly base: boolean;
  readonly json: boolean;
}

interface Tools {
  readonly session: Session;
  readonly board: ProgressBoard;
  readonly owner: OwnerConfiguration;
}

/** Accuracy of the same network on the images as they are, trained by the same kind of job. */
async function baseAccuracy(
  dataset: NamedDataset,
  { epochs, seed }: EncodedOptions,
  { session, board, owner }: Tools,
): Promise<number> {
  const job = { run: newEvaluationId('train'), model: MODEL, dataset, epochs, seed };
  const { model } = await runTrainingJob(session, board, job);
  const { plain, record } = await loadModel(session.blobs, model, await openModelKey(session.configuration));
  const { images, labels, shape, classes } = await loadDataset(dataset, 'test', owner.datasetFolders);
  const logits = await plain.evaluate(toFeatures(record.transform, shape, images));
  return fractionEqual(predictionsOf(logits, classes), labels);
}

/** Encodes a dataset, trains on the copy through the queue, attacks it, and reports. */
async function oneDataset(dataset: NamedDataset, options: EncodedOptions, tools: Tools): Promise<EncodingReport> {
  const { session, board, owner } = tools;
  const { blobs, signal } = session;
  const { epochs, seed, train, test, attackPairs } = options;
  process.stderr.write(`${dataset}: encode, train ${epochs} epochs, attack\n`);
  const choice = { ...(train === undefined ? {} : { train }), ...(test === undefined ? {} : { test }) };
  const { digest } = await encodeWithProgress(dataset, choice, { owner, blobs, board, signal });
  const data = await openEncodedData(owner, blobs, digest);
  const run = newEvaluationId('train');
  const job = { run, model: MODEL, dataset: { stored: digest }, epochs, seed };
  const trained = await runTrainingJob(session, board, job);
  const base = options.base ? { base: await baseAccuracy(dataset, options, tools) } : {};
  const { report, folder } = await reportEncoded(
    data,
    { run, model: MODEL, trained, ...base, attackPairs },
    { blobs, reportsFolder: owner.reportsFolder, board, signal },
  );
  if (!options.json) {
    const page = join(folder, 'encoding-report.html');
    process.stdout.write(`\n${encodingReportToText(report)}\n\n  report  ${page}\n`);
  }
  return report;
}

async function encoded(options: EncodedOptions): Promise<void> {
  const owner = loadOwnerConfiguration();
  await using session = await openSession();
  await trainHere(session);
  const board = createProgressBoard();
  const reports: EncodingReport[] = [];
  const file = join(owner.reportsFolder, 'encoded', 'table.md');
  try {
    for (const dataset of options.dataset) {
      reports.push(await oneDataset(dataset, options, { session, board, owner }));
      // Written after each: a run that is stopped has said what it found.
      await writeWhole(file, `${encodingTable(reports)}\n`, { mode: 0o600, folderMode: 0o700 });
    }
    board.stop();
    process.stdout.write(
      options.json ? `${JSON.stringify(reports)}\n` : `\n${encodingTable(reports)}\n\n  table  ${file}\n`,
    );
  } finally {
    board.stop();
  }
}

/** `encoded`. */
export function encodedCommand(): Command {
  return new Command('encoded')
    .description('train on encoded images (obfuscated, not encrypted) and attack the encoding, on public datasets')
    .addOption(
      new Option('--dataset <names...>').choices(['mnist', 'fashion-mnist']).default(['mnist', 'fashion-mnist']),
    )
    .option('--epochs <n>', 'epochs', integerBetween(1, 200), 10)
    .option('--seed <n>', 'seed of training', integerBetween(0, 2 ** 31 - 1), 1)
    .option('--train <n>', 'encode the first n training images only', integerBetween(10, 60_000))
    .option('--test <n>', 'encode the first n test images only', integerBetween(1, 10_000))
    .option('--attack-pairs <n>', 'pairs that the strongest attack learns from', integerBetween(2, 60_000), 20_000)
    .option('--no-base', 'do not train the same network on the images as they are')
    .option('--json', 'print the reports as a JSON array', false)
    .addHelpText(
      'after',
      '\nA report with pictures for each dataset, and a table of both, in reports/ of the data folder.\n\nExamples:\n  ciphernet encoded\n  ciphernet encoded --dataset mnist --train 3000 --test 500 --epochs 3 --attack-pairs 1000 --no-base      # a quick look',
    )
    .action(encoded);
}
