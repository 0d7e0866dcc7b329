import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { InputError, readPlain } from '@ciphernet/foundation';
import { type LayersModelArtifact, parseModelJson } from './artifact.js';

const MODEL_FILE = 'model.json';
/** Far above any model that can be evaluated encrypted; keeps a wrong file from filling the memory. */
const MAX_BYTES = 256 * 2 ** 20;

/** A tfjs artifact on disk: a folder with `model.json` and its weights. */
export interface ModelFolder {
  readonly name: string;
  readonly path: string;
}

async function readBounded(path: string): Promise<Uint8Array> {
  try {
    // A link could name any file of the importer, a secret key among them, and what is imported goes into the store.
    return new Uint8Array(await readPlain(path, { most: MAX_BYTES, followsLinks: false }));
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ELOOP') {
      throw new InputError('is a symbolic link, which is not followed', {
        where: path,
        hint: 'put a copy of the file into the folder',
      });
    }
    throw new InputError('cannot be read', {
      where: path,
      hint: 'save the model with tfjs: model.json and its weights in one folder',
      cause,
    });
  }
}

/**
 * The folder itself when it holds a model, otherwise its subfolders that do, by name: a directory of checkpoints.
 *
 * @throws InputError when the folder is not there, or holds no model
 */
export async function modelFolders(folder: string): Promise<ModelFolder[]> {
  const path = resolve(folder);
  const entries = await readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
    throw new InputError('no such folder', { where: path, hint: 'give a folder with model.json', cause });
  });
  if (entries.some(({ name }) => name === MODEL_FILE)) return [{ name: basename(path), path }];
  const candidates = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const found: ModelFolder[] = [];
  for (const name of candidates.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))) {
    const inside = await readdir(join(path, name));
    if (inside.includes(MODEL_FILE)) found.push({ name, path: join(path, name) });
  }
  if (found.length > 0) return found;
  throw new InputError('no model.json in it nor in its subfolders', {
    where: path,
    hint: 'save each model with tfjs into a folder of its own',
  });
}

/** Reads a tfjs artifact; weights in several files are put together. @throws InputError when a file is missing or too large */
export async function readModelFolder({ path }: ModelFolder): Promise<LayersModelArtifact> {
  const where = join(path, MODEL_FILE);
  const json = await readBounded(where);
  const { modelTopology, weightSpecs, weightFiles } = parseModelJson(json, where);
  const parts = await Promise.all(weightFiles.map((name) => readBounded(join(path, name))));
  return { modelTopology, weightSpecs, weightData: new Uint8Array(Buffer.concat(parts)) };
}
