import { readFile } from 'node:fs/promises';
import { evaluateNetwork } from '@ciphernet/network';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { kerasFromBytes, readKeras } from '../src/models/keras/read-keras.js';
import { countedWeights, namedWeights, snakeCase } from '../src/models/keras/weights.js';
import { finalActivation } from '../src/models/tfjs/final-activation.js';
import { networkFromLayersModel } from '../src/models/tfjs/read-network.js';
import { archive, dense, fixture, fixturePath, functional, input, layer, sequential } from './keras-files.js';

interface Expected {
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

describe('a model of Keras', () => {
  it.each([
    [
      'Keras 3 with counted layers, learnt scales, a custom square and batch norm',
      'wine-mlp.keras',
      'wine-mlp',
      'softmax',
    ],
    ['Keras 2', 'wine-mlp.h5', 'wine-mlp', 'softmax'],
    ['Keras 2 in double precision', 'wine-mlp-float64.h5', 'wine-mlp', 'softmax'],
    ['Keras 3 functional, of half precision', 'image-cnn-float16.keras', 'image-cnn-float16', 'sigmoid'],
    ['Keras 2 functional, with scopes in names', 'image-cnn.h5', 'image-cnn', 'sigmoid'],
  ])('of %s gives what NumPy computes before its last activation', async (_what, file, expected, activation) => {
    const artifact = await readKeras(fixturePath(file));
    const { inputs, outputs } = JSON.parse(await readFile(fixturePath(`${expected}.json`), 'utf8')) as Expected;
    const values = evaluateNetwork(networkFromLayersModel(artifact), Float32Array.from(inputs.flat()));
    const wanted = outputs.flat();
    const scale = Math.max(...wanted.map(Math.abs));
    expect(values).toHaveLength(wanted.length);
    values.forEach((value, i) => {
      expect(Math.abs(value - (wanted[i] ?? NaN))).toBeLessThan(1e-5 * scale);
    });
    expect(finalActivation(artifact)).toBe(activation);
  });

  it('without an activation at its end says none', async () => {
    const artifact = await kerasFromBytes(await archive(sequential([input, dense])), 'model');
    expect(finalActivation(artifact)).toBeUndefined();
    const ones = new Float32Array(13).fill(1);
    expect([...evaluateNetwork(networkFromLayersModel(artifact), ones)]).toEqual([13, 13, 13]);
  });

  it('that was never given a layer of inputs takes their shape from where it was built', async () => {
    const config = { class_name: 'Sequential', config: { layers: [dense], build_input_shape: [null, 13] } };
    const artifact = await kerasFromBytes(await archive(config), 'model');
    expect(networkFromLayersModel(artifact).input).toEqual({ height: 1, width: 1, channels: 13 });
  });

  it('has its layers in the order of the graph, whatever order the file has', async () => {
    const square = layer('Activation', 'act', { activation: 'square' });
    const graph = functional([[square, 'dense'], [dense, 'input'], [input]], ['act']);
    const network = networkFromLayersModel(await kerasFromBytes(await archive(graph), 'model'));
    expect(network.layers.map(({ kind }) => kind)).toEqual(['dense', 'square']);
  });

  it.each([
    ['an activation of keras.ops', { class_name: 'function', config: 'square', registered_name: 'function' }],
    ['a registered function', { class_name: 'function', config: 'f', registered_name: 'mine>square' }],
    ['a plain name', 'square'],
  ])('knows squares as %s', async (_what, activation) => {
    const json = { ...dense, config: { ...dense.config, activation } };
    const network = networkFromLayersModel(await kerasFromBytes(await archive(sequential([input, json])), 'model'));
    expect(network.layers.map(({ kind }) => kind)).toEqual(['dense', 'square']);
  });
});

describe('names of weights', () => {
  it.each([
    ['Dense', 'dense'],
    ['Conv2D', 'conv2d'],
    ['DepthwiseConv2D', 'depthwise_conv2d'],
    ['BatchNormalization', 'batch_normalization'],
    ['AveragePooling2D', 'average_pooling2d'],
    ['My>Layer', 'my_layer'],
  ])('of class %s begin with %s', (className, expected) => {
    expect(snakeCase(className)).toBe(expected);
  });

  const array = (value: number) => ({ shape: [1], values: Float32Array.of(value) });
  const at = (name: string, position: number) => ({
    ...{ className: 'Dense', name, config: {}, position, isProductWithItself: false },
  });

  it('are counted by class in the order of the file, in which a layer may be named like another one is counted', () => {
    const arrays = new Map([
      ['layers/dense/vars/0', array(1)],
      ['layers/dense_1/vars/0', array(2)],
    ]);
    const weights = countedWeights(arrays, ['InputLayer', 'Dense', 'Dropout', 'Dense']);
    expect(weights(at('dense_1', 1), ['kernel'])[0]?.values[0]).toBe(1);
    expect(weights(at('dense', 3), ['kernel'])[0]?.values[0]).toBe(2);
    expect(() => weights(at('dense', 3), ['kernel', 'bias'])).toThrow(/weight bias is missing.*layer dense/);
    expect(() => weights(at('dense', 3), [])).toThrow(/more weights/);
  });

  it('are not guessed where two of a layer have the same', () => {
    const arrays = new Map([
      ['model_weights/a/a/kernel:0', array(1)],
      ['model_weights/a/b/kernel:0', array(2)],
    ]);
    expect(() => namedWeights(arrays)(at('a', 0), ['kernel'])).toThrow(/2 weights named kernel.*layer a/);
  });
});

describe('bytes that are damaged', () => {
  /** Every error that is not about the file is a defect. */
  async function expectRefusalOrModel(bytes: Uint8Array): Promise<void> {
    try {
      networkFromLayersModel(await kerasFromBytes(bytes, 'mutant'));
    } catch (error) {
      expect(['InputError', 'UnsupportedError']).toContain((error as Error).name);
    }
  }

  it.each(['wine-mlp.h5', 'image-cnn-float16.keras'])('of %s are refused, or read as a model', async (name) => {
    const bytes = await fixture(name);
    const place = fc.nat({ max: bytes.length - 1 });
    const mutation = fc.array(fc.tuple(place, fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(mutation, async (changes) => {
        const mutant = Uint8Array.from(bytes);
        for (const [at, value] of changes) mutant[at] = value;
        await expectRefusalOrModel(mutant);
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });

  it('in the configuration are refused, or read as a model', async () => {
    const text = JSON.stringify(sequential([input, { ...dense, config: { ...dense.config, activation: 'square' } }]));
    const pieces = ['null', '[]', '{}', '-1', '1e999', '"', '0', '[null,13]', 'true', '\u0000'];
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: text.length }),
        fc.nat({ max: 30 }),
        fc.constantFrom(...pieces),
        async (at, cut, piece) => {
          const config = text.slice(0, at) + piece + text.slice(at + cut);
          // No weights follow: a configuration that holds is refused for that.
          const bytes = zipSync({ 'config.json': new TextEncoder().encode(config) });
          await expect(kerasFromBytes(bytes, 'mutant')).rejects.toMatchObject({
            name: expect.stringMatching(/^(Input|Unsupported)Error$/) as unknown,
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});
