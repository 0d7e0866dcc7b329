import { InputError } from '@ciphernet/foundation';
import type { Hdf5Array } from './hdf5-content.js';
import type { KerasLayer } from './topology.js';

/**
 * Weights of a layer by the names that Keras gives them, in the order in which it stores them.
 *
 * @throws InputError naming the layer and the weight that is missing
 */
export type LayerWeights = (layer: KerasLayer, names: readonly string[]) => readonly Hdf5Array[];

const HINT = 'save the whole model again: model.save(...)';

/** Keras's name of a class in paths (keras.src.utils.naming.to_snake_case). */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/**
 * Weights of Keras 3's `model.weights.h5`: `layers/<class>_<count>/vars/<number>`, where layers of one class are counted in
 * the order of the configuration, whatever their names are. Keras 2.12 and 2.13 wrote the same below another group.
 */
export function countedWeights(arrays: ReadonlyMap<string, Hdf5Array>, classes: readonly string[]): LayerWeights {
  const counts = new Map<string, number>();
  const paths = classes.map((className) => {
    const name = snakeCase(className);
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  });
  const roots = ['layers', '_layer_checkpoint_dependencies'];
  return (layer, names) => {
    const folders = roots.map((root) => `${root}/${paths[layer.position]}/vars/`);
    const folder = folders.find((candidate) => arrays.has(`${candidate}0`)) ?? folders[0] ?? '';
    if (arrays.has(`${folder}${names.length}`)) {
      throw new InputError(`it has more weights than ${names.join(', ')}`, {
        where: `layer ${layer.name}`,
        hint: HINT,
      });
    }
    return names.map((name, i) => arrays.get(`${folder}${i}`) ?? missing(layer, name, `${folder}${i}`));
  };
}

/**
 * Weights of a whole model's `.h5`: `model_weights/<layer>/…/<weight>`, with a number of the tensor behind it in Keras 2. In
 * between stand names of scopes, which differ by version.
 */
export function namedWeights(arrays: ReadonlyMap<string, Hdf5Array>): LayerWeights {
  return (layer, names) => {
    const folder = `model_weights/${layer.name}/`;
    const inside = [...arrays].filter(([path]) => path.startsWith(folder));
    return names.map((name) => {
      // Keras 2 says depthwise_kernel where Keras 3 says kernel.
      const found = inside.filter(([path]) =>
        [name, `depthwise_${name}`].includes(path.split('/').at(-1)?.replace(/:\d+$/, '') ?? ''),
      );
      if (found.length > 1) {
        throw new InputError(`it has ${found.length} weights named ${name}`, {
          where: `layer ${layer.name}`,
          hint: HINT,
        });
      }
      return found[0]?.[1] ?? missing(layer, name, folder);
    });
  };
}

function missing(layer: KerasLayer, name: string, path: string): never {
  throw new InputError(`weight ${name} is missing at ${path}`, { where: `layer ${layer.name}`, hint: HINT });
}
