import { type Dataset, transformedShape } from '@ciphernet/datasets';
import { type Network, sizeOf } from '@ciphernet/network';
import * as tf from '@tensorflow/tfjs-core';
import { type Augmentation, transformed, unchanged } from './augment.js';
import type { Checkpoint } from './checkpoint.js';
import { toNetwork } from './export.js';
import { forward, uploadWeights } from './forward.js';
import type { BatchProgress, EpochReport, Recipe } from './recipe.js';
import { type TrainableNetwork, describeNetwork } from './topology.js';
import { Training } from './training.js';
import { type ModelSpec, recipeFor, trainedLayers } from './zoo.js';

/** A trained state after an epoch: what is evaluated, and what training goes on from. */
export interface TrainedEpoch {
  readonly report: EpochReport;
  readonly network: Network;
  readonly checkpoint: Checkpoint;
  /**
   * Logits of the network on the backend that trained it: in single precision, and several times as fast as `evaluateNetwork`.
   *
   * @param features count × inputs
   * @returns count × classes
   */
  readonly evaluate: (features: Float32Array) => Promise<Float32Array>;
}

/** Examples that are evaluated at once. */
const EVALUATED_AT_ONCE = 500;

async function evaluateOnBackend(
  network: TrainableNetwork,
  weights: Float32Array,
  features: Float32Array,
): Promise<Float32Array> {
  const { height, width, channels } = network.input;
  const inputs = sizeOf(network.input);
  const count = features.length / inputs;
  const logits = new Float32Array(count * network.classes);
  const tensors = uploadWeights(network, weights);
  try {
    for (let from = 0; from < count; from += EVALUATED_AT_ONCE) {
      const batch = features.subarray(from * inputs, (from + EVALUATED_AT_ONCE) * inputs);
      const output = tf.tidy(() =>
        forward(network, tensors, tf.tensor(batch, [batch.length / inputs, height, width, channels])),
      );
      logits.set(await output.data<'float32'>().finally(() => output.dispose()), from * network.classes);
    }
  } finally {
    tf.dispose(tensors);
  }
  return logits;
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
    const weights = training.weights();
    yield {
      report,
      network: toNetwork(network, weights),
      checkpoint: training.checkpoint(),
      evaluate: (features) => evaluateOnBackend(network, weights, features),
    };
  }
}
