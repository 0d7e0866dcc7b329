import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { readKeras, readModelFolder, readOnnxFiles } from '@ciphernet/formats';
import { InputError } from '@ciphernet/foundation';
import type { ModelSource } from './model-source.js';

/**
 * Reads a model's file, with what lies beside it.
 *
 * @param path an `.onnx` file, a model of Keras (`.keras`, `.h5`, `.hdf5`), or a folder with a TensorFlow.js `model.json`
 * @throws InputError for anything else, and for a damaged file
 */
export async function readModelFile(path: string): Promise<ModelSource> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw new InputError('there is no such model', { where: path, hint: 'give the path of a model’s file' });
  if (found.isDirectory()) return { kind: 'layers', artifact: await readModelFolder({ name: '', path: join(path) }) };
  const extension = extname(path).toLowerCase();
  if (['.keras', '.h5', '.hdf5'].includes(extension)) return { kind: 'layers', artifact: await readKeras(path) };
  if (extension === '.onnx') {
    const { bytes, external } = await readOnnxFiles(path);
    return { kind: 'onnx', bytes, external: [...external].map(([name, part]) => ({ name, bytes: part })) };
  }
  throw new InputError('a model of unknown kind', {
    where: path,
    hint: 'give an .onnx, .keras or .h5 file, or a folder with model.json',
  });
}
