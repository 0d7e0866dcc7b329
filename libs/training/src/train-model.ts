import type { Dataset } from '@ciphernet/datasets';
import { type LayersModelArtifact, transformedShape } from '@ciphernet/network';
import { layersModelArtifact } from './artifact.js';
import { type Augmentation, transformed, unchanged } from './augment.js';
import type { Checkpoint } from './checkpoint.js';
import { labelledImages } from './labelled-images.js';
import type { BatchProgress, EpochReport, Recipe } from './recipe.js';
import { describeNetwork } from './topology.js';
import { Training } from './training.js';
import { type ModelSpec, recipeFor, trainedLayers } from './zoo.js';

/** A trained state after an epoch: what is evaluated, and what training goes on from. */
export interface TrainedEpoch {
  readonly report: EpochReport;
  readonly artifact: LayersModelArtifact;
  readonly checkpoint: Checkpoint;
}

export interface TrainModelOptions {
  readonly recipe: Partial<Recipe>;
  readonly augmentation?: Augmentation;
  readonly resume?: Checkpoint;
  readonly signal?: AbortSignal;
  readonly onBatch?: (progress: BatchProgress) => void;
}

/** Trains a model of the zoo on a dataset's training split; yields after each epoch. Select a backend first. */
export async function* trainModel(
  spec: ModelSpec,
  dataset: Dataset,
  options: TrainModelOptions,
): AsyncGenerator<TrainedEpoch, void, undefined> {
  const shape = { height: dataset.height, width: dataset.width, channels: 1 };
  const { dropout, ...recipe } = recipeFor(spec, dataset.name);
  const input = transformedShape(spec.transform, shape);
  const network = describeNetwork({
    input: [input.height, input.width, input.channels],
    layers: trainedLayers(spec, dropout ?? 0, dataset.classes),
  });
  const plain = unchanged(dataset.height * dataset.width);
  const training = new Training(network, labelledImages(dataset), {
    ...options,
    recipe: { ...recipe, ...options.recipe },
    plain: transformed(plain, spec.transform, shape),
    augmentation: transformed(options.augmentation ?? plain, spec.transform, shape),
  });
  for await (const report of training.run()) {
    yield {
      report,
      artifact: await layersModelArtifact(network, training.weights()),
      checkpoint: training.checkpoint(),
    };
  }
}
