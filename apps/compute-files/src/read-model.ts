import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { type BlobStore, openBlobStore, openDirectoryStore } from '@ciphernet/blobs';
import type { OwnDataOptions } from '@ciphernet/command-line';
import { loadConfiguration } from '@ciphernet/configuration';
import { InputError, elementAt, isDigest } from '@ciphernet/foundation';
import { type Model, importModels, importOwnModel, loadModel, openModelKey } from '@ciphernet/models';

/** Where a model is, and what it is calibrated on where its file does not say. */
export interface ModelToRead extends Pick<OwnDataOptions, 'label' | 'ignore' | 'classes'> {
  /** Public data whose images calibrate a model of images. */
  readonly dataset: string;
  readonly mean: number;
  readonly crop: number;
  /** A table or images that look like what the model will read. */
  readonly calibrate?: string | undefined;
}

/** Imports a model's file. @returns its address in the store, and what was guessed */
async function importFile(
  blobs: BlobStore,
  path: string,
  options: ModelToRead,
): Promise<{ readonly digest: string; readonly guesses: readonly string[] }> {
  const { calibrate, label, ignore, classes, dataset, mean, crop } = options;
  if (calibrate !== undefined) {
    const calibration = {
      path: resolve(calibrate),
      choice: { label: label ?? [], ignore, classes },
      note: `calibrated on ${basename(calibrate)}`,
    };
    const { model, guesses } = await importOwnModel(blobs, resolve(path), calibration);
    return { digest: model, guesses };
  }
  if ((await stat(path)).isFile()) {
    throw new InputError('a model of a file needs data that looks like what it will read', {
      where: '--calibrate',
      hint: 'give a table or a folder of images that may be seen',
    });
  }
  const folders = loadConfiguration().datasetFolders;
  const imported = await importModels(blobs, path, { dataset, transform: { mean, crop }, folders });
  if (imported.length === 1) return { digest: elementAt(imported, 0).model, guesses: [] };
  throw new InputError(`${imported.length} models in the folder`, { where: path, hint: 'give the folder of one' });
}

/**
 * Reads a model of a file or of the store.
 *
 * @param model an `.onnx`, `.keras` or `.h5` file, a folder with `model.json`, or the digest of a model in the store
 * @throws InputError where it is none, UnsupportedError where it cannot be evaluated under encryption
 */
export async function readModel(
  model: string,
  options: ModelToRead,
): Promise<{ readonly model: Model; readonly guesses: readonly string[] }> {
  if (isDigest(model)) {
    const configuration = loadConfiguration();
    const key = await openModelKey(configuration);
    return { model: await loadModel(await openBlobStore(configuration), model, key), guesses: [] };
  }
  if ((await stat(model).catch(() => undefined)) === undefined) {
    throw new InputError('there is no such model', {
      where: model,
      hint: 'give the path of a model, or the digest of one in the store',
    });
  }
  // Importing writes to a store; this one lives for as long as the model is read.
  const folder = await mkdtemp(join(tmpdir(), 'ciphernet-model-'));
  try {
    const blobs = await openDirectoryStore(folder);
    const { digest, guesses } = await importFile(blobs, model, options);
    return { model: await loadModel(blobs, digest), guesses };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
