import type { BlobStore } from '@ciphernet/blobs';
import { NO_TRANSFORM, loadDataset, takeExamples } from '@ciphernet/datasets';
import { networkToLayersModel } from '@ciphernet/formats';
import { saveModel } from '@ciphernet/models';
import { type ModelSpec, type Recipe, modelSpec, selectBackend, trainModel } from '@ciphernet/training';

/**
 * A quarter of the zoo's smallest network: the reference engine takes seconds for it and not a minute. After two epochs none of
 * the first 200 test images is a close decision.
 */
const SMALL: ModelSpec = {
  name: 'small',
  description: 'dense 32, square, dense',
  transform: NO_TRANSFORM,
  layers: [{ kind: 'flatten' }, { kind: 'dense', units: 32 }, { kind: 'square' }],
  // Not centred: what is said above was seen of it as it is.
  recipe: { epochs: 2, whitening: false },
};

/** Trains a small network on MNIST and stores it, in seconds. @returns the last epoch's digest */
export const trainSmallModel = (blobs: BlobStore, folder: string, seed: number): Promise<string> =>
  trainAndStore(blobs, folder, SMALL, { seed });

/** A third of the training split: nine of ten digits right after one epoch, in a second or two. */
const SOME = 20_000;

/** Trains a network of the zoo for one epoch on a part of MNIST and stores it. @returns its digest */
export const trainBriefly = (blobs: BlobStore, folder: string, name: string): Promise<string> =>
  trainAndStore(blobs, folder, modelSpec(name), { epochs: 1 }, SOME);

async function trainAndStore(
  blobs: BlobStore,
  folder: string,
  spec: ModelSpec,
  recipe: Partial<Recipe>,
  examples?: number,
): Promise<string> {
  await selectBackend();
  const whole = await loadDataset('mnist', 'train', { cacheFolder: folder });
  const dataset = examples === undefined ? whole : takeExamples(whole, examples);
  let digest = '';
  for await (const { network } of trainModel(spec, dataset, { recipe })) {
    const origin = { name: spec.name, transform: spec.transform };
    digest = await saveModel(blobs, networkToLayersModel(network), origin, dataset);
  }
  return digest;
}
