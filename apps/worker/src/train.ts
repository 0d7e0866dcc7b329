import type { WorkerTrust } from '@ciphernet/attestation';
import type { BlobStore } from '@ciphernet/blobs';
import { type Dataset, type LoadOptions, loadDataset, sliceExamples, toFeatures } from '@ciphernet/datasets';
import { networkToLayersModel } from '@ciphernet/formats';
import { loadModel, saveModel } from '@ciphernet/models';
import { fractionEqual, predictionsOf } from '@ciphernet/network';
import type { CheckpointAnnouncement, TrainJob, TrainedResult } from '@ciphernet/queue';
import {
  type ChosenBackend,
  type TrainedEpoch,
  augmentationFor,
  chooseBackend,
  continuedOn,
  encodeCheckpoint,
  modelSpec,
  probeModel,
  trainModel,
} from '@ciphernet/training';
import { type StoredDataset, loadStoredDataset } from './stored-dataset.js';
import type { TrainingSearch } from './training-backend.js';
import { type TrainingState, readTrainingState, writeTrainingState } from './training-state.js';

/** What training needs besides the job. */
export interface TrainDependencies {
  readonly blobs: BlobStore;
  /** Where answers to a dataset's owner go, who may hold no key of models. Default: `blobs`. */
  readonly answers?: BlobStore;
  /** Whose work is gone on with, and who signs it. */
  readonly trust: WorkerTrust;
  readonly datasetFolders: LoadOptions;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { done: number; total: number; note: string }) => void;
  /** Makes a backend the current one; default: the best without a GPU of WebGPU. */
  readonly backendFor?: (search: TrainingSearch) => Promise<ChosenBackend>;
  /** Is told what was taken, and why. */
  readonly onBackend?: (backend: Pick<ChosenBackend, 'name' | 'reason'>) => void;
  /** Signs a model as its owner's, before anybody hears of it. */
  readonly sign?: (model: string) => Promise<unknown>;
  /** Called after each epoch, and again for earlier epochs when a killed job goes on. */
  readonly onCheckpoint?: (announcement: CheckpointAnnouncement) => void;
}

/** The last images of the training split choose the checkpoint, of small sets a tenth of it; the test split never does. */
const VALIDATION_IMAGES = 5000;
const VALIDATION_SHARE = 0.1;

async function validationAccuracy(
  { evaluate }: TrainedEpoch,
  features: Float32Array,
  { classes, labels }: Dataset,
): Promise<number> {
  return fractionEqual(predictionsOf(await evaluate(features), classes), labels);
}

/** The epoch with the best validation accuracy; the later one of equals, whose weight average is longer. */
function bestOf(models: TrainingState['models']): TrainingState['models'][number] {
  return models.reduce((best, entry) => (entry.validationAccuracy >= best.validationAccuracy ? entry : best));
}

function onCores(search: TrainingSearch): Promise<ChosenBackend> {
  return chooseBackend({ ...search, wanted: 'auto', openGpu: undefined });
}

/** What a job trains on; with the stored set where it is one. */
async function trainingData(
  dataset: TrainJob['dataset'],
  { blobs, datasetFolders }: TrainDependencies,
): Promise<{ readonly whole: Dataset; readonly stored?: StoredDataset }> {
  if (typeof dataset === 'string') return { whole: await loadDataset(dataset, 'train', datasetFolders) };
  const stored = await loadStoredDataset(blobs, dataset.stored);
  return { whole: stored.train, stored };
}

/** Classes of a stored set's test images by a checkpoint: an answer to its owner, who has the labels. @returns their blob */
async function storePredictions(
  { blobs, answers = blobs }: TrainDependencies,
  digest: string,
  { train, test }: StoredDataset,
): Promise<string> {
  const { plain, record } = await loadModel(blobs, digest);
  const logits = await plain.evaluate(toFeatures(record.transform, train.shape, test));
  return (await answers.put(predictionsOf(logits, train.classes))).digest;
}

/**
 * Runs one training job in the clear, on a public dataset's training split or on a stored set's, whose test images it classifies at the
 * end. Each epoch's checkpoint is stored and announced; a job that was killed goes on from the last one and ends with the same weights.
 *
 * @throws DeviceError where it trains on a GPU that fails: called again, it goes on from its last epoch without it
 */
export async function train(job: TrainJob, dependencies: TrainDependencies): Promise<TrainedResult> {
  const { blobs } = dependencies;
  const spec = modelSpec(job.model);
  const { whole, stored } = await trainingData(job.dataset, dependencies);
  const held = Math.min(VALIDATION_IMAGES, Math.floor(whole.count * VALIDATION_SHARE));
  const split = Math.max(1, whole.count - held);
  const dataset = sliceExamples(whole, 0, split);
  const validation = sliceExamples(whole, split, whole.count);
  const augmentation = augmentationFor(dataset.name, job.epochs);
  const known = await readTrainingState(blobs, job.run, dependencies.trust);
  const begunWith = known?.checkpoint.identity['backend'];
  using backend = await (dependencies.backendFor ?? onCores)({
    begunWith: typeof begunWith === 'string' ? begunWith : undefined,
    step: () => probeModel(spec, dataset),
  });
  dependencies.onBackend?.(backend);
  const models = [...(known?.state.models ?? [])];
  for (const { epoch, model } of models) dependencies.onCheckpoint?.({ stage: 'checkpoint', epoch, model });
  const features = toFeatures(spec.transform, validation.shape, validation.images);
  const started = performance.now();
  const before = known?.state.seconds ?? 0;
  let seconds = before;
  const epochs = trainModel(spec, dataset, {
    recipe: { epochs: job.epochs, seed: job.seed },
    ...(augmentation === undefined ? {} : { augmentation }),
    ...(known === undefined ? {} : { resume: continuedOn(known.checkpoint, backend.tf.getBackend()) }),
    ...(dependencies.signal === undefined ? {} : { signal: dependencies.signal }),
    onBatch: ({ epoch, batch, batches, loss }) => {
      dependencies.onProgress?.({
        done: (epoch - 1) * batches + batch,
        total: job.epochs * batches,
        note: `epoch ${epoch}, loss ${loss.toFixed(3)}`,
      });
    },
  });
  try {
    for await (const trained of epochs) {
      const { report, network, checkpoint } = trained;
      const accuracy = await validationAccuracy(trained, features, validation);
      seconds = before + (performance.now() - started) / 1000;
      const training = {
        dataset: dataset.name,
        epochs: job.epochs,
        epoch: report.epoch,
        seed: job.seed,
        backend: backend.name,
        seconds,
        examples: dataset.count,
        validationAccuracy: accuracy,
      };
      const model = await saveModel(
        blobs,
        networkToLayersModel(network),
        { name: spec.name, transform: spec.transform, training },
        dataset,
      );
      await dependencies.sign?.(model);
      const { digest } = await blobs.put(encodeCheckpoint(checkpoint));
      models.push({ epoch: report.epoch, model, validationAccuracy: accuracy });
      await writeTrainingState(blobs, job.run, { version: 2, checkpoint: digest, seconds, models }, dependencies.trust);
      dependencies.onCheckpoint?.({ stage: 'checkpoint', epoch: report.epoch, model });
    }
  } catch (error) {
    throw backend.explain(error);
  }
  const best = bestOf(models);
  const trained = { ...best, seconds, backend: backend.name, epochs: job.epochs };
  return stored === undefined
    ? trained
    : { ...trained, predictions: await storePredictions(dependencies, best.model, stored) };
}
