import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { evaluateNetwork } from '@ciphernet/network';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import type { LayersModelArtifact } from '../src/models/tfjs/artifact.js';
import { readModelFolder } from '../src/models/tfjs/folder.js';
import { networkFromLayersModel } from '../src/models/tfjs/read-network.js';

interface LayerJson {
  class_name: string;
  config: Record<string, unknown>;
}

function artifact(layers: LayerJson[], weights: Record<string, number[]>): LayersModelArtifact {
  const entries = Object.entries(weights);
  const data = Float32Array.from(entries.flatMap(([, values]) => values));
  return {
    modelTopology: { class_name: 'Sequential', config: { name: 'net', layers } },
    weightSpecs: entries.map(([name, values]) => ({ name, shape: [values.length], dtype: 'float32' })),
    weightData: new Uint8Array(data.buffer),
  };
}

const dense = (name: string, units: number, extra: object = {}): LayerJson => ({
  class_name: 'Dense',
  config: { name, units, use_bias: true, activation: 'linear', ...extra },
});
const first = { batch_input_shape: [null, 2] };

describe('a TensorFlow.js LayersModel', () => {
  it('becomes a network; a softmax at the end is left out', () => {
    const network = networkFromLayersModel(
      artifact([dense('d', 2, { ...first, activation: 'softmax' })], { 'd/kernel': [1, 2, 3, 4], 'd/bias': [10, 20] }),
    );
    expect([...evaluateNetwork(network, Float32Array.of(1, 1))]).toEqual([14, 26]);
  });

  it('has its batch normalisation folded into a factor and an offset', () => {
    const norm: LayerJson = { class_name: 'BatchNormalization', config: { name: 'b', epsilon: 0, ...first } };
    const weights = { 'b/gamma': [2, 2], 'b/beta': [1, 0], 'b/moving_mean': [3, 0], 'b/moving_variance': [4, 1] };
    const network = networkFromLayersModel(artifact([norm], weights));
    expect([...evaluateNetwork(network, Float32Array.of(5, 1))]).toEqual([3, 2]);
  });

  it.each([
    [
      'ReLU',
      [{ class_name: 'ReLU', config: { name: 'act', ...first } }],
      /ReLU cannot be evaluated.*layer act.*square/,
    ],
    ['MaxPooling2D', [{ class_name: 'MaxPooling2D', config: { name: 'pool' } }], /layer pool.*average pooling/],
    ['LSTM', [{ class_name: 'LSTM', config: { name: 'cell' } }], /layer cell.*feed-forward/],
    ['a relu inside a dense layer', [dense('d', 2, { ...first, activation: 'relu' })], /activation 'relu'.*layer d/],
    [
      'a softmax in the middle',
      [dense('d', 2, { ...first, activation: 'softmax' }), dense('e', 2)],
      /'softmax'.*layer d/,
    ],
  ])('with %s is refused with the layer, the reason and what to do', (_name, layers, message) => {
    const weights = { 'd/kernel': [1, 2, 3, 4], 'd/bias': [0, 0], 'e/kernel': [1, 2, 3, 4], 'e/bias': [0, 0] };
    expect(() => networkFromLayersModel(artifact(layers, weights))).toThrow(message);
  });

  it.each([
    ['weights are cut', (a: LayersModelArtifact) => ({ ...a, weightData: a.weightData.subarray(0, 8) }), /ends inside/],
    ['weights are too many', (a: LayersModelArtifact) => ({ ...a, weightData: new Uint8Array(40) }), /bytes too many/],
    ['a weight is NaN', (a: LayersModelArtifact) => ({ ...a, weightData: new Uint8Array(24).fill(255) }), /finite/],
    [
      'topology is a functional model',
      (a: LayersModelArtifact) => ({ ...a, modelTopology: { class_name: 'Model' } }),
      /sequential/,
    ],
  ])('whose %s is refused', (_name, damage, message) => {
    const good = artifact([dense('d', 2, first)], { 'd/kernel': [1, 2, 3, 4], 'd/bias': [0, 0] });
    expect(() => networkFromLayersModel(good)).not.toThrow();
    expect(() => networkFromLayersModel(damage(good))).toThrow(message);
  });

  it('whose weights do not fit its layers is refused', () => {
    const bad = artifact([dense('d', 2, first)], { 'd/kernel': [1, 2, 3], 'd/bias': [0, 0] });
    expect(() => networkFromLayersModel(bad)).toThrow(/3 weights, expected 4.*layer d/);
  });
});

describe('a folder with a model', () => {
  it('is read from plain files only: a link is not followed out of it', async () => {
    await using folder = await temporaryFolder();
    const secret = join(folder.path, 'secret.key.json');
    await writeFile(secret, 'not for the store');
    const path = join(folder.path, 'model');
    await mkdir(path);
    const manifest = { weightsManifest: [{ paths: ['weights.bin'], weights: [] }], modelTopology: {} };
    await writeFile(join(path, 'model.json'), JSON.stringify(manifest));
    await symlink(secret, join(path, 'weights.bin'));
    await expect(readModelFolder({ name: 'm', path })).rejects.toThrow(/symbolic link, which is not followed/);
    await rm(join(path, 'weights.bin'));
    await writeFile(join(path, 'weights.bin'), 'abcd');
    expect((await readModelFolder({ name: 'm', path })).weightData.length).toBe(4);
  });
});
