import { MODEL_OWNERS } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { loadDataset, takeExamples } from '@ciphernet/datasets';
import { networkToLayersModel } from '@ciphernet/formats';
import type { Identity } from '@ciphernet/identity';
import { saveModel } from '@ciphernet/models';
import { modelSpec, selectBackend, trainModel } from '@ciphernet/training';

/** A third of the training split: nine of ten digits right after one epoch, in a second or two. */
const EXAMPLES = 20_000;

/**
 * Trains the zoo's `mlp` for an epoch on a part of MNIST and stores it, as a training job would.
 *
 * @param owner signs it, as a worker's auditor does
 * @returns its digest
 */
export async function storeTrainedModel(
  blobs: BlobStore,
  cacheFolder: string,
  seed: number,
  owner?: Identity,
): Promise<string> {
  await selectBackend();
  const spec = modelSpec('mlp');
  const dataset = takeExamples(await loadDataset('mnist', 'train', { cacheFolder }), EXAMPLES);
  let model = '';
  for await (const { network } of trainModel(spec, dataset, { recipe: { epochs: 1, seed } })) {
    const origin = { name: spec.name, transform: spec.transform };
    model = await saveModel(blobs, networkToLayersModel(network), origin, dataset);
  }
  if (owner !== undefined) await MODEL_OWNERS.sign(blobs, model, owner);
  return model;
}
