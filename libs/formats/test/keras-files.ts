import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zipSync } from 'fflate';

const FIXTURES = join(import.meta.dirname, 'fixtures', 'keras');

/** The path of a file that `scripts/models/keras.py` wrote. */
export const fixturePath = (name: string): string => join(FIXTURES, name);

export const fixture = async (name: string): Promise<Uint8Array> => new Uint8Array(await readFile(fixturePath(name)));

/** A layer as Keras 3 writes it. */
export interface LayerJson {
  class_name: string;
  config: Record<string, unknown>;
  [field: string]: unknown;
}

export const layer = (className: string, name: string, config: Record<string, unknown> = {}): LayerJson => ({
  class_name: className,
  config: { name, ...config },
});

/** 13 features. */
export const input = layer('InputLayer', 'input', { batch_shape: [null, 13] });
/** 13 features to 3 values; its weights are in `complete.weights.h5`. */
export const dense = layer('Dense', 'dense', { units: 3, use_bias: false, activation: 'linear' });

export const sequential = (layers: readonly unknown[]): unknown => ({
  class_name: 'Sequential',
  config: { name: 'net', layers },
});

/** The same with its graph: each layer gets what the layers named by `sources` give. */
export const functional = (
  layers: readonly (readonly [LayerJson, ...string[]])[],
  outputs: readonly string[],
): unknown => ({
  class_name: 'Functional',
  config: {
    name: 'net',
    layers: layers.map(([json, ...sources]) => {
      const tensors = sources.map((name) => ({
        class_name: '__keras_tensor__',
        config: { keras_history: [name, 0, 0] },
      }));
      return { ...json, inbound_nodes: sources.length === 0 ? [] : [{ args: tensors, kwargs: {} }] };
    }),
    output_layers: outputs.map((name) => [name, 0, 0]),
  },
});

/** A `.keras` archive of a configuration and the weights of a fixture. */
export async function archive(config: unknown, weights = 'complete.weights.h5'): Promise<Uint8Array> {
  return zipSync({
    'metadata.json': new TextEncoder().encode('{"keras_version":"3.6.0"}'),
    'config.json': new TextEncoder().encode(JSON.stringify(config)),
    'model.weights.h5': await fixture(weights),
  });
}
