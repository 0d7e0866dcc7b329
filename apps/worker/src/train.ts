import type { BlobStore } from '@ciphernet/blobs';
import { type LoadOptions, loadDataset, toUnitRange } from '@ciphernet/datasets';
import { saveModel } from '@ciphernet/models';
import type { TrainJob, TrainedResult } from '@ciphernet/queue';
import { modelSpec, selectBackend, trainModel } from '@ciphernet/training';

export interface TrainDependencies {
  readonly blobs: BlobStore;
  readonly datasetFolders: LoadOptions;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { done: number; total: number; note: string }) => void;
}

/** Images that the calibration sees; the first of the training split are as good as any. */
const CALIBRATION_IMAGES = 1000;

/** Runs one training job in the clear, on a public dataset's training split, and stores the model. */
export async function train(job: TrainJob, dependencies: TrainDependencies): Promise<TrainedResult> {
  const spec = modelSpec(job.model);
  const dataset = await loadDataset(job.dataset, 'train', dependencies.datasetFolders);
  const backend = await selectBackend();
  const started = performance.now();
  let model = '';
  const recipe = { epochs: job.epochs, seed: job.seed };
  const epochs = trainModel(spec, dataset, {
    recipe,
    ...(dependencies.signal === undefined ? {} : { signal: dependencies.signal }),
    onBatch: ({ epoch, batch, batches, loss }) => {
      dependencies.onProgress?.({
        done: (epoch - 1) * batches + batch,
        total: job.epochs * batches,
        note: `epoch ${epoch}, loss ${loss.toFixed(3)}`,
      });
    },
  });
  let seconds = 0;
  for await (const { report, artifact } of epochs) {
    if (report.epoch < job.epochs) continue;
    seconds = (performance.now() - started) / 1000;
    const examples = {
      images: toUnitRange(dataset.images.subarray(0, CALIBRATION_IMAGES * dataset.height * dataset.width)),
      height: dataset.height,
      width: dataset.width,
    };
    model = await saveModel(
      dependencies.blobs,
      artifact,
      {
        name: spec.name,
        transform: spec.transform,
        training: {
          dataset: dataset.name,
          epochs: job.epochs,
          epoch: report.epoch,
          seed: job.seed,
          backend: backend.name,
          seconds,
          examples: dataset.count,
        },
      },
      examples,
    );
  }
  return { model, seconds, backend: backend.name, epochs: job.epochs };
}
