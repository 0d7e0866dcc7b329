import {
  type DistillationRecipe,
  type LayerGraph,
  type Objective,
  conditioned,
  firstOf,
  objectiveFor,
  recipeFor,
} from '@ciphernet/conversion';
import { lastOf } from '@ciphernet/foundation';
import type { ConvertJob } from '@ciphernet/queue';
import type { SelectedBackend } from '@ciphernet/training';
import type { TrainDependencies } from '../train.js';
import { conversionBackend } from '../training-backend.js';
import type { StudentStore } from './assess.js';
import { type ConversionData, namedConversionData } from './conversion-data.js';
import { type ConversionState, readConversionState } from './conversion-state.js';
import type { Reading } from './figures.js';
import { type Original, openOriginal, scoresOfOriginal } from './original.js';
import { type Answered, type ConversionSplit, answered, splitExamples } from './split.js';
import { decodeConversionData } from './stored-data.js';

/** What a conversion needs besides the job: what training does. */
export type ConvertDependencies = TrainDependencies;

/** Largest blob of training data: a gigabyte and a half. */
const MOST_DATA_BYTES = 1.5 * 2 ** 30;
/** Validation examples that epochs are compared on: integer circuits are evaluated one example after the other. */
const MOST_COMPARED = 2000;
/** Examples that ranges and covariances are measured on: they settle with a few hundred. */
const CALIBRATION_EXAMPLES = 512;

/** Everything that the parts of a conversion share. */
export interface Conversion {
  readonly job: ConvertJob;
  readonly dependencies: ConvertDependencies;
  readonly store: StudentStore;
  readonly split: ConversionSplit;
  /** Validation examples that epochs are compared on. */
  readonly compared: Answered;
  readonly objective: Objective;
  readonly recipe: DistillationRecipe;
  readonly reading: Reading;
  /** Values of an example. */
  readonly width: number;
  /** The original as it is trained from. */
  readonly graph: LayerGraph;
  readonly backend: SelectedBackend;
  /** Changed after each step, and kept under the run's name. */
  state: ConversionState;
  /** Seconds since the beginning, those of earlier workers included. */
  readonly seconds: () => number;
}

async function openData(
  job: ConvertJob,
  original: Original,
  { blobs, datasetFolders }: ConvertDependencies,
): Promise<ConversionData> {
  const { data } = job;
  if (data.kind === 'named') return namedConversionData(data.dataset, original.teacher, datasetFolders, data.most);
  return decodeConversionData(
    await blobs.get(data.examples, MOST_DATA_BYTES),
    `training data ${data.examples.slice(0, 12)}`,
  );
}

/**
 * Reads the original and the data, and asks the original for its scores, which are kept.
 *
 * @throws InputError, UnsupportedError as {@link openOriginal} and the readers of data
 */
export async function prepareConversion(job: ConvertJob, dependencies: ConvertDependencies): Promise<Conversion> {
  const { blobs, trust, signal, onProgress } = dependencies;
  const parts = await Promise.all(
    job.original.map(async ({ name, digest }) => ({ name, bytes: await blobs.get(digest) })),
  );
  const original = openOriginal(parts, job.name);
  const { teacher } = original;
  const data = await openData(job, original, dependencies);
  const state = await readConversionState(blobs, job.run, trust);
  // Its operations read values within a step, which no backend of a GPU but tfjs-node's can.
  const backend = await conversionBackend();
  dependencies.onBackend?.(backend);
  const started = performance.now();
  const scored = (part: ConversionData['training'], what: string): Promise<Float32Array> =>
    scoresOfOriginal(original, part, { blobs, trust, ...(signal === undefined ? {} : { signal }) }, (share) =>
      onProgress?.({ done: share, total: 1, note: `scores of the original, ${what}` }),
    );
  const scores = async (): Promise<{ training: Answered; test: Answered | undefined }> => ({
    training: answered(data.training, await scored(data.training, 'training data')),
    test: data.test === undefined ? undefined : answered(data.test, await scored(data.test, 'test data')),
  });
  const { training, test } = await scores().finally(() => original.close());
  const split = splitExamples(training, test, job.seed);
  const outputs = lastOf(teacher.nodes).shape.channels;
  const calibration = firstOf(split.training, CALIBRATION_EXAMPLES);
  return {
    job,
    dependencies,
    store: { blobs, name: job.name, original, data, calibration, sign: dependencies.sign ?? (() => Promise.resolve()) },
    split,
    compared: firstOf(split.validation, MOST_COMPARED),
    objective: objectiveFor(
      data.task,
      teacher.link,
      outputs,
      split.training.teacher,
      split.training.targets !== undefined,
    ),
    recipe: recipeFor(split.training.count, job.seed, job.epochs),
    reading: { task: data.task, link: teacher.link, width: outputs },
    width: split.training.values.length / split.training.count,
    graph: conditioned(teacher, calibration.values),
    backend,
    state,
    seconds: () => state.seconds + (performance.now() - started) / 1000,
  };
}
