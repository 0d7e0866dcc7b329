import { basename, extname, resolve } from 'node:path';
import { type BlobStore, openBlobStore } from '@ciphernet/blobs';
import {
  Command,
  type OwnDataOptions,
  type Progress,
  type Session,
  addOwnDataOptions,
  createProgressBoard,
  integerBetween,
  namesArgument,
  waitForJob,
} from '@ciphernet/command-line';
import { loadConfiguration } from '@ciphernet/configuration';
import { type Teacher, chosenCandidate } from '@ciphernet/conversion';
import { type LoadOptions, NAMED_DATASETS, isOwnData } from '@ciphernet/datasets';
import { InputError, UnsupportedError, elementAt, printable, writeWhole } from '@ciphernet/foundation';
import { type ModelPart, interpretModel, loadModel, modelBlobs, openModelKey, readModelFile } from '@ciphernet/models';
import {
  CONVERSION,
  type ConvertJob,
  type ConvertedResult,
  JOB_OPTIONS,
  QUEUES,
  newEvaluationId,
  parseConverted,
} from '@ciphernet/queue';
import { namedConversionData, ownConversionData } from '../conversion/conversion-data.js';
import { conversionReportFromBytes, conversionReportToText } from '../conversion/conversion-report.js';
import { openOriginal } from '../conversion/original.js';
import { encodeConversionData } from '../conversion/stored-data.js';
import type { ModelRoles } from './model.js';

interface ConvertOptions extends OwnDataOptions {
  readonly train?: string;
  readonly test?: string;
  readonly examples?: number;
  readonly squares?: readonly string[];
  readonly epochs?: number;
  readonly seed: number;
  readonly out?: string;
  readonly json: boolean;
}

/** The model's files. @throws InputError for anything but ONNX: what others are compared with here would be our own reading */
async function partsOf(path: string): Promise<readonly ModelPart[]> {
  const source = await readModelFile(path);
  if (source.kind === 'onnx') return [{ name: basename(path), bytes: source.bytes }, ...source.external];
  throw new InputError('a network is converted from its ONNX file', {
    where: path,
    hint: 'export it: the original is run by ONNX Runtime (tf2onnx, keras.Model.export with format="onnx")',
  });
}

/** @throws InputError for a network that can be evaluated as it is */
function assertNeedsConversion([file, ...external]: readonly ModelPart[], path: string): void {
  if (file === undefined) return;
  try {
    interpretModel({ kind: 'onnx', bytes: file.bytes, external }, path);
  } catch (error) {
    if (error instanceof UnsupportedError) return;
    throw error;
  }
  throw new InputError('there is nothing to convert: the network can be evaluated encrypted', {
    where: path,
    hint: 'evaluate it as it is; `ciphernet check` says how it does',
  });
}

/** A plain name for jobs and files. */
function studentName(path: string): string {
  const stem = basename(path, extname(path))
    .replaceAll(/[^a-z0-9._-]+/gi, '-')
    .replace(/^[^a-z0-9]+/i, '');
  return `${stem.slice(0, 48) || 'network'}-converted`;
}

/** Data of the job: a name, or own examples that are put into the store, under the model owner's key where there is one. */
async function jobData(
  blobs: BlobStore,
  train: string,
  teacher: Teacher,
  datasetFolders: LoadOptions,
  options: ConvertOptions,
): Promise<ConvertJob['data']> {
  const { examples: most, test } = options;
  const named = NAMED_DATASETS.find((name) => name === train);
  if (named !== undefined) {
    if (test !== undefined) {
      throw new InputError(`${named} has a test split of its own`, { where: '--test', hint: 'leave it out' });
    }
    // What does not fit is said here, not by a worker minutes later.
    await namedConversionData(named, teacher, datasetFolders, most);
    return { kind: 'named', dataset: named, ...(most === undefined ? {} : { most }) };
  }
  if (!isOwnData(train)) {
    const data = await namedConversionData(train, teacher, datasetFolders, most);
    return { kind: 'stored', examples: (await blobs.put(encodeConversionData(data))).digest };
  }
  const { label, ignore, task, classes, positive } = options;
  const choice = { label, ignore, task, classes, positive, most, test: test === undefined ? undefined : resolve(test) };
  const { guesses, ...data } = await ownConversionData(resolve(train), teacher, choice);
  for (const line of guesses) process.stderr.write(`  ${printable(line)}\n`);
  return { kind: 'stored', examples: (await blobs.put(encodeConversionData(data))).digest };
}

/** Enqueues a conversion, shows its progress, and waits for its network. */
async function runConversion(session: Session, job: ConvertJob): Promise<ConvertedResult> {
  const board = createProgressBoard();
  try {
    const events = session.backend.events(QUEUES.train);
    await events.waitUntilReady();
    const queued = await session.backend.queue(QUEUES.train).add(CONVERSION, job, { ...JOB_OPTIONS, jobId: job.run });
    // Shares of the original's scores come first, then steps: a rate of both together would say nothing.
    let scores: Progress | undefined = board.start('original', '');
    let steps: Progress | undefined;
    const value = await waitForJob(queued, events, session.signal, (id, { done, total, note }) => {
      if (id !== job.run) return;
      if (total === 1) return scores?.update(done, total, note);
      scores?.finish('its scores are known');
      scores = undefined;
      steps ??= board.start('convert', 'steps');
      steps.update(done, total, note);
    });
    const converted = parseConverted(value);
    steps?.finish(`${converted.epochs} epochs, ${converted.seconds.toFixed(1)} s on ${converted.backend}`);
    return converted;
  } finally {
    board.stop();
  }
}

async function convert(roles: ModelRoles, path: string, options: ConvertOptions): Promise<void> {
  const { train, squares, epochs, seed } = options;
  if (train === undefined) {
    throw new InputError('a network is converted by training it against the original, which needs data', {
      where: '--train',
      hint: 'give public data, or the data that it was trained on: squares in the place of other activations make another network, which is no good until it is trained',
    });
  }
  const parts = await partsOf(resolve(path));
  assertNeedsConversion(parts, path);
  const { teacher } = openOriginal(parts, path);
  if (squares !== undefined) chosenCandidate(teacher, squares);
  const configuration = loadConfiguration();
  const blobs = modelBlobs(await openBlobStore(configuration), await openModelKey(configuration));
  const data = await jobData(blobs, train, teacher, configuration.datasetFolders, options);
  const original: { name: string; digest: string }[] = [];
  for (const { name, bytes } of parts) original.push({ name, digest: (await blobs.put(bytes)).digest });
  await using session = await roles.open();
  roles.startTraining(session);
  const name = studentName(path);
  const run = newEvaluationId('train');
  const job = {
    run,
    name,
    original,
    data,
    seed,
    ...(squares === undefined ? {} : { squares }),
    ...(epochs === undefined ? {} : { epochs }),
  };
  const { model, report } = await runConversion(session, job);
  const loaded = await loadModel(blobs, model);
  if (loaded.record.version !== 3) throw new Error('a converted network is a model of a file');
  const out = options.out ?? `${name}.onnx`;
  await writeWhole(out, await blobs.get(elementAt(loaded.record.source.parts, 0).digest));
  const bytes = await blobs.get(report);
  const parsed = conversionReportFromBytes(bytes, report);
  const stem = out.slice(0, out.length - extname(out).length);
  await writeWhole(`${stem}.report.json`, bytes);
  await writeWhole(`${stem}.report.txt`, conversionReportToText(parsed));
  if (options.json) return void process.stdout.write(`${JSON.stringify({ ...parsed, file: out })}\n`);
  process.stdout.write(
    `${printable(conversionReportToText(parsed))}\nmodel  ${model}  ${name}\nfile   ${out}, ${stem}.report.json and .txt\n`,
  );
}

/** `model convert`. */
export function convertCommand(roles: ModelRoles): Command {
  const command = new Command('convert')
    .description('make a network with ReLU, max pooling and the like into one that can be evaluated encrypted')
    .argument('<model>', 'the original, an .onnx file')
    .option(
      '--train <name|file|folder>',
      `${NAMED_DATASETS.join(', ')}, IDX files, or own data: what it is trained with`,
    )
    .option('--test <file|folder>', 'own data that is looked at once, at the end; default: 15 % of the training data')
    .option('--examples <n>', 'train with the first n examples only', integerBetween(40, 1_000_000))
    .option('--squares <nodes>', 'the one or two nodes that become squares; default: found by trial', namesArgument)
    .option('--epochs <n>', 'epochs of training; default: 10 to 60, by the number of examples', integerBetween(1, 200))
    .option('--seed <n>', 'seed of training', integerBetween(0, 2 ** 31 - 1), 1)
    .option('--out <file>', 'where the converted network goes; default: NAME-converted.onnx')
    .option('--json', 'print the report as JSON', false);
  return addOwnDataOptions(command)
    .addHelpText(
      'after',
      '\nThe original is run by ONNX Runtime on the training data; the converted network is trained to give the same. It is\n' +
        'another network, with a digest of its own, and the report beside it says what it cost.\n' +
        '\nExamples:\n  ciphernet model convert lenet.onnx --train fashion-mnist\n' +
        '  ciphernet model convert mlp.onnx --train train.csv --test test.csv --label diagnosis',
    )
    .action((path: string, options: ConvertOptions) => convert(roles, path, options));
}
