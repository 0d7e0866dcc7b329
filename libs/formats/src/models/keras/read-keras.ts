import { InputError, UnsupportedError, parseJson } from '@ciphernet/foundation';
import { readBounded } from '../onnx/external.js';
import type { LayersModelArtifact } from '../tfjs/artifact.js';
import { membersOf } from './archive.js';
import { artifactOfChain } from './convert.js';
import { readHdf5 } from './hdf5.js';
import { chainOf } from './topology.js';
import { countedWeights, namedWeights } from './weights.js';

const CONFIG = 'config.json';
const WEIGHTS = 'model.weights.h5';
const HINT = 'save the whole model with Keras: model.save("model.keras")';

/** The archive of Keras 3, and of Keras 2.12 and later: configuration and weights in files of their own. */
async function fromArchive(bytes: Uint8Array, where: string): Promise<LayersModelArtifact> {
  const members = await membersOf(bytes, [CONFIG, WEIGHTS], where);
  const config = members.get(CONFIG);
  if (config === undefined) throw new InputError(`holds no ${CONFIG}`, { where, hint: HINT });
  const chain = chainOf(parseJson(new TextDecoder().decode(config), `${where}:${CONFIG}`), `${where}:${CONFIG}`);
  const weights = members.get(WEIGHTS);
  if (weights === undefined) {
    throw new InputError(`holds no ${WEIGHTS}`, { where, hint: 'save it with its weights in one HDF5 file' });
  }
  const request = { attributes: [], groups: ['layers', '_layer_checkpoint_dependencies'] };
  const { arrays } = await readHdf5(weights, request, `${where}:${WEIGHTS}`);
  return artifactOfChain(chain, countedWeights(arrays, chain.classes), where);
}

/** The one HDF5 file of Keras 2, which Keras 3 writes as well. */
async function fromHdf5(bytes: Uint8Array, where: string): Promise<LayersModelArtifact> {
  const request = { attributes: ['model_config'], groups: ['model_weights'] };
  const { attributes, arrays } = await readHdf5(bytes, request, where);
  const config = attributes.get('model_config');
  if (config === undefined) {
    throw new UnsupportedError('holds weights without a model', { where, hint: `a file of save_weights: ${HINT}` });
  }
  const chain = chainOf(parseJson(config, `${where}, model_config`), `${where}, model_config`);
  return artifactOfChain(chain, namedWeights(arrays), where);
}

/** The same as {@link readKeras} of a file in memory. @param where names it in errors */
export function kerasFromBytes(bytes: Uint8Array, where: string): Promise<LayersModelArtifact> {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  return isZip ? fromArchive(bytes, where) : fromHdf5(bytes, where);
}

/**
 * Reads a model of Keras 2 or 3, a `.keras` archive or a whole model's `.h5`, of at most 256 MB: a chain of layers that are
 * linear or squares, and a softmax or sigmoid at its end. Nothing in the file is executed; custom functions are known by
 * their names only.
 *
 * @returns an artifact that `networkFromLayersModel` reads, with weights in single precision
 * @throws UnsupportedError naming the layer that cannot be evaluated, the reason and what to do; InputError for a file that is
 *   missing, too large or damaged, and for weights that do not fit
 */
export async function readKeras(path: string): Promise<LayersModelArtifact> {
  return kerasFromBytes(await readBounded(path, 'give the .keras or .h5 file of a model'), path);
}
