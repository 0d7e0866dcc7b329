// Models as anybody may hand them in: TensorFlow.js artifacts in a folder, and records that are put into the store without asking
// the command line that would look at them.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A layer's JSON and its weights, by name. */
export const dense = (name, units, weights, bias) => ({
  json: { class_name: 'Dense', config: { name, units, activation: 'linear', use_bias: true } },
  weights: [
    [`${name}/kernel`, [weights.length / units, units], weights],
    [`${name}/bias`, [units], bias],
  ],
});
export const square = (name) => ({ json: { class_name: 'Square', config: { name } }, weights: [] });
export const flatten = { json: { class_name: 'Flatten', config: { name: 'flatten' } }, weights: [] };
export const pooling = (name, size, strides) => ({
  json: { class_name: 'AveragePooling2D', config: { name, pool_size: size, strides, padding: 'same' } },
  weights: [],
});

/** @returns the topology and the weights of a sequential model on images of 28 × 28 */
export function artifactOf(layers) {
  const json = layers.map((layer) => structuredClone(layer.json));
  json[0].config.batch_input_shape = [null, 28, 28, 1];
  const weights = layers.flatMap((layer) => layer.weights);
  return {
    modelTopology: { class_name: 'Sequential', config: { name: 'crafted', layers: json } },
    weightSpecs: weights.map(([name, shape]) => ({ name, shape, dtype: 'float32' })),
    weightData: new Uint8Array(Float32Array.from(weights.flatMap(([, , values]) => [...values])).buffer),
  };
}

export async function writeModelFolder(folder, layers, paths = ['weights.bin']) {
  const { modelTopology, weightSpecs, weightData } = artifactOf(layers);
  await mkdir(folder, { recursive: true });
  const weightsManifest = [{ paths, weights: weightSpecs }];
  await writeFile(join(folder, 'model.json'), JSON.stringify({ modelTopology, weightsManifest }));
  await writeFile(join(folder, 'weights.bin'), weightData);
  return folder;
}

/** Stores a model that calibrates by `examples`, through the published code. @returns its digest */
export async function storeModel({ old, blobs }, name, layers, examples) {
  const { saveModel } = await old.library('models');
  return saveModel(blobs, artifactOf(layers), { name, transform: { crop: 0, mean: 1 } }, examples);
}

/** Class centroids: a linear model that needs no training, right for four digits of five. */
export function centroidLayers({ images, labels }, pixels = 784, classes = 10) {
  const sums = Array.from({ length: classes }, () => new Float64Array(pixels));
  const counts = new Uint32Array(classes);
  labels.forEach((label, n) => {
    counts[label]++;
    for (let i = 0; i < pixels; i++) sums[label][i] += images[n * pixels + i] / 255;
  });
  const weights = new Float32Array(pixels * classes);
  const bias = new Float32Array(classes);
  sums.forEach((sum, k) => {
    for (let i = 0; i < pixels; i++) {
      const mean = sum[i] / counts[k];
      weights[i * classes + k] = mean;
      bias[k] -= (mean * mean) / 2;
    }
  });
  return [flatten, dense('centroids', classes, weights, bias)];
}
