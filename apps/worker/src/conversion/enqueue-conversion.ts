import { basename, extname, resolve } from 'node:path';
import type { BlobStore } from '@ciphernet/blobs';
import {
  type OwnDataOptions,
  type Progress,
  type ProgressBoard,
  type Session,
  waitForJob,
} from '@ciphernet/command-line';
import { type Teacher, chosenCandidate } from '@ciphernet/conversion';
import { type LoadOptions, NAMED_DATASETS, isOwnData } from '@ciphernet/datasets';
import { InputError, UnsupportedError, printable } from '@ciphernet/foundation';
import { type ModelPart, interpretModel, readModelFile } from '@ciphernet/models';
import {
  CONVERSION,
  type ConvertJob,
  type ConvertedResult,
  JOB_OPTIONS,
  QUEUES,
  newEvaluationId,
  parseConverted,
} from '@ciphernet/queue';
import { namedConversionData, ownConversionData } from './conversion-data.js';
import { openOriginal } from './original.js';
import { encodeConversionData } from './stored-data.js';

/** What a person says of a conversion. */
export interface ConversionRequest extends OwnDataOptions {
  /** Name of a dataset, or a path of own data. */
  readonly train: string;
  readonly test?: string | undefined;
  readonly examples?: number | undefined;
  readonly squares?: readonly string[] | undefined;
  readonly epochs?: number | undefined;
  readonly seed: number;
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
  teacher: Teacher,
  datasetFolders: LoadOptions,
  options: ConversionRequest,
): Promise<ConvertJob['data']> {
  const { train, examples: most, test } = options;
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

/**
 * Reads an original and its data, puts both into the store, and says what a worker is to do. What does not fit is refused here,
 * not by a worker minutes later.
 *
 * @param path of the original, an ONNX file
 * @throws InputError for data that is not the network's, and where there is nothing to convert; UnsupportedError for a network
 * that cannot be converted
 */
export async function conversionJob(
  blobs: BlobStore,
  path: string,
  request: ConversionRequest,
  datasetFolders: LoadOptions,
): Promise<ConvertJob> {
  const parts = await partsOf(resolve(path));
  assertNeedsConversion(parts, path);
  const { teacher } = openOriginal(parts, path);
  const { squares, epochs, seed } = request;
  if (squares !== undefined) chosenCandidate(teacher, squares);
  const data = await jobData(blobs, teacher, datasetFolders, request);
  const original: { name: string; digest: string }[] = [];
  for (const { name, bytes } of parts) original.push({ name, digest: (await blobs.put(bytes)).digest });
  return {
    run: newEvaluationId('train'),
    name: studentName(path),
    original,
    data,
    seed,
    ...(squares === undefined ? {} : { squares }),
    ...(epochs === undefined ? {} : { epochs }),
  };
}

/** Enqueues a conversion, shows its progress, and waits for its network. */
export async function runConversion(session: Session, board: ProgressBoard, job: ConvertJob): Promise<ConvertedResult> {
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
}
