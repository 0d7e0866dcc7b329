import type { BlobStore } from '@ciphernet/blobs';
import { NO_TRANSFORM, loadDataset } from '@ciphernet/datasets';
import { networkToLayersModel } from '@ciphernet/formats';
import { saveModel } from '@ciphernet/models';
import { type ModelSpec, selectBackend, trainModel } from '@ciphernet/training';

/**
 * A quarter of the zoo's smallest network: the reference engine takes seconds for it and not a minute. After two epochs none of
 * the first 200 test images is a close decision.
 */
const SMALL: ModelSpec = {
  name: 'small',
  description: 'dense 32, square, dense',
  transform: NO_TRANSFORM,
  layers: [{ kind: 'flatten' }, { kind: 'dense', units: 32 }, { kind: 'square' }],
  recipe: { epochs: 2 },
};

/** Trains a small network on MNIST and stores it, in seconds. @returns the last epoch's digest */
export async function trainSmallModel(blobs: BlobStore, folder: string, seed: number): Promise<string> {
  await selectBackend();
  const dataset = await loadDataset('mnist', 'train', { cacheFolder: folder });
  let digest = '';
  for await (const { network } of trainModel(SMALL, dataset, { recipe: { seed } })) {
    const origin = { name: SMALL.name, transform: SMALL.transform };
    digest = await saveModel(blobs, networkToLayersModel(network), origin, dataset);
  }
  return digest;
}
