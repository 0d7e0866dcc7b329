import { basename } from 'node:path';
import type { BlobStore } from '@ciphernet/blobs';
import { type InputTransform, type LoadOptions, loadDataset } from '@ciphernet/datasets';
import { modelFolders, readModelFolder } from '@ciphernet/formats';
import type { ModelKey } from './model-key.js';
import { saveModel } from './model-store.js';

/** A model that was stored. */
export interface ImportedModel {
  readonly name: string;
  /** Its address. */
  readonly model: string;
}

/**
 * Stores the tfjs models of a folder, or of each of its subfolders.
 *
 * @param options `dataset`: public dataset whose training images calibrate the models: never the private test set
 * @throws InputError when there is no model, or one is damaged or does not read what the transform makes of the images
 * @throws UnsupportedError for a model that cannot be evaluated under encryption
 */
export async function importModels(
  blobs: BlobStore,
  folder: string,
  options: {
    readonly dataset: string;
    readonly transform: InputTransform;
    readonly folders: LoadOptions;
    readonly key?: ModelKey | undefined;
  },
): Promise<ImportedModel[]> {
  const found = await modelFolders(folder);
  const examples = await loadDataset(options.dataset, 'train', options.folders);
  const imported: ImportedModel[] = [];
  for (const entry of found) {
    const name = entry.name === '' ? basename(folder) : entry.name;
    const artifact = await readModelFolder(entry);
    imported.push({
      name,
      model: await saveModel(blobs, artifact, { name, transform: options.transform }, examples, options.key),
    });
  }
  return imported;
}
