import type { Dataset } from '@ciphernet/datasets';
import { sizeOf } from '@ciphernet/network';
import { stream } from './random.js';
import { RECIPE } from './recipe.js';
import { initialWeights, trainBatch } from './step.js';
import type { TrainableNetwork } from './topology.js';
import { trainableNetwork } from './train-model.js';
import { type ModelSpec, recipeFor } from './zoo.js';

/** One step of training on the current backend. */
export interface ProbedStep {
  /** The fastest of some, after one that may compile kernels. */
  readonly seconds: number;
  readonly loss: number;
  /** The same on every backend, but for rounding. */
  readonly gradient: Float32Array;
}

const STEPS = 3;

/** A step of a network on random images: what backends are compared by. @param batch images a step */
export async function probeNetwork(network: TrainableNetwork, batch: number): Promise<ProbedStep> {
  const random = stream(1, 'probe', 0);
  const weights = initialWeights(network, 1);
  const images = Float32Array.from({ length: batch * sizeOf(network.input) }, () => (random.word() & 255) / 255);
  const labels = Uint8Array.from({ length: batch }, (_, i) => i % network.classes);
  const step = (): ReturnType<typeof trainBatch> =>
    trainBatch(network, weights.slice(), images, labels, stream(1, 'probe dropout', 0));
  const { loss, gradient } = await step();
  const times: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    const from = performance.now();
    await step();
    times.push(performance.now() - from);
  }
  return { seconds: Math.min(...times) / 1000, loss, gradient };
}

/** A step of what {@link trainModel} would train. */
export function probeModel(spec: ModelSpec, dataset: Dataset): Promise<ProbedStep> {
  const { batch = RECIPE.batch } = recipeFor(spec, dataset.name);
  return probeNetwork(trainableNetwork(spec, dataset), batch);
}
