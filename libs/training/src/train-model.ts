import { type Dataset, transformedShape } from '@ciphernet/datasets';
import { type Network, sizeOf } from '@ciphernet/network';
import { type Augmentation, transformed, unchanged } from './augment.js';
import type { Checkpoint } from './checkpoint.js';
import { toNetwork } from './export.js';
import type { BatchProgress, EpochReport, Recipe } from './recipe.js';
import { type TrainableNetwork, describeNetwork } from './topology.js';
import { Training } from './training.js';
import { type ModelSpec, recipeFor, trainedLayers } from './zoo.js';

/** A trained state after an epoch: what is evaluated, and what training goes on from. */
export interface TrainedEpoch {
  readonly report: EpochReport;
  readonly network: Network;
  readonly checkpoint: Checkpoint;
}

/** What {@link trainModel} may be given. */
export interface TrainModelOptions {
  readonly recipe: Partial<Recipe>;
  readonly augmentation?: Augmentation;
  readonly resume?: Checkpoint;
  readonly signal?: AbortSignal;
  readonly onBatch?: (progress: BatchProgress) => void;
}

/** A model of the zoo as it is trained on a dataset. @throws InputError when it does not fit the images */
export function trainableNetwork(spec: ModelSpec, { name, shape, classes }: Dataset): TrainableNetwork {
  return describeNetwork({
    input: transformedShape(spec.transform, shape),
    layers: trainedLayers(spec, recipeFor(spec, name).dropout ?? 0, classes),
  });
}

/**
 * Trains a model of the zoo on a dataset; yields after each epoch. Select a backend first.
 *
 * @param dataset a training split
 * @throws InputError when the network does not fit the images, or the checkpoint is of another run
 * @throws Error when the loss is no longer finite; the signal's reason when it is aborted
 */
export async function* trainModel(
  spec: ModelSpec,
  dataset: Dataset,
  options: TrainModelOptions,
): AsyncGenerator<TrainedEpoch, void, undefined> {
  const { shape } = dataset;
  // Dropout is a layer of the network that is trained.
  const { dropout: _, ...recipe } = recipeFor(spec, dataset.name);
  const network = trainableNetwork(spec, dataset);
  const plain = unchanged(sizeOf(shape));
  const training = new Training(network, dataset, {
    ...options,
    recipe: { ...recipe, ...options.recipe },
    plain: transformed(plain, spec.transform, shape),
    augmentation: transformed(options.augmentation ?? plain, spec.transform, shape),
  });
  for await (const report of training.run()) {
    yield {
      report,
      network: toNetwork(network, training.weights()),
      checkpoint: training.checkpoint(),
    };
  }
}
