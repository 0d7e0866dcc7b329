import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { zipSync } from 'fflate';
import { kerasFromBytes, readKeras } from '../src/models/keras/read-keras.js';
import { parseModelJson } from '../src/models/tfjs/artifact.js';
import { networkFromLayersModel } from '../src/models/tfjs/read-network.js';
import { archive, dense, fixture, fixturePath, functional, input, layer, sequential } from './keras-files.js';

const image = layer('InputLayer', 'input', { batch_shape: [null, 4, 4, 1] });
const conv = { filters: 1, kernel_size: [2, 2], strides: [1, 1], padding: 'valid', use_bias: false };
const softmax = { ...dense, config: { ...dense.config, activation: 'softmax' } };
const code = { class_name: '__lambda__', config: { code: '4wEAAAAAAAAA', defaults: null, closure: null } };

describe('a model of Keras is refused', () => {
  it.each([
    ['a lambda', [input, layer('Lambda', 'f', { function: code })], /Lambda.*never run.*layer f.*named square/],
    ['a lambda as an activation', [input, layer('Activation', 'f', { activation: code })], /'__lambda__'.*layer f/],
    [
      'relu',
      [input, layer('Activation', 'act', { activation: 'relu' })],
      /'relu'.*a maximum is no.*layer act.*squares/,
    ],
    ['tanh', [input, layer('Activation', 'act', { activation: 'tanh' })], /'tanh'.*no polynomial.*layer act.*squares/],
    [
      'a custom activation',
      [input, layer('Activation', 'a', { activation: { registered_name: 'my>gelu' } })],
      /'gelu'/,
    ],
    ['ReLU as a layer', [input, layer('ReLU', 'act')], /ReLU.*maximum.*layer act.*squares/],
    ['a maximum', [image, layer('MaxPooling2D', 'pool')], /maximum.*layer pool.*AveragePooling2D/],
    ['LSTM', [input, layer('LSTM', 'cell')], /LSTM.*too deep.*layer cell/],
    ['an unknown layer', [input, layer('MyLayer', 'mine')], /MyLayer.*not among.*layer mine.*Conv2D/],
    ['a model inside', [input, layer('Sequential', 'inner')], /model inside.*layer inner/],
    ['padding of its own', [image, layer('ZeroPadding2D', 'pad')], /layer pad.*padding='same'/],
    [
      'channels first',
      [image, layer('Flatten', 'flat', { data_format: 'channels_first' })],
      /channels first.*layer flat/,
    ],
    ['dilation', [image, layer('Conv2D', 'c', { ...conv, dilation_rate: [2, 2] })], /layer c.*dilation/],
    ['groups', [image, layer('Conv2D', 'c', { ...conv, groups: 2 })], /layer c.*groups/],
    ['a normalised row', [image, layer('BatchNormalization', 'norm', { axis: 1 })], /axis 1.*layer norm/],
    ['a new shape', [input, layer('Reshape', 'r', { target_shape: [13, 1] })], /\[13, 1\] of \[13\].*layer r/],
    ['a dense layer of an image', [image, dense], /layer dense.*Flatten/],
    [
      'a softmax in the middle',
      [input, softmax, layer('Flatten', 'end')],
      /softmax is followed by Flatten.*layer dense/,
    ],
    ['a product of two values', [input, layer('Multiply', 'm')], /Multiply.*layer m/],
    ['rows of text', [layer('InputLayer', 'in', { batch_shape: [null, null] }), dense], /input shape/],
    ['no input shape', [dense], /input shape.*build it/],
    ['two layers of one name', [input, dense, dense], /two layers are named dense/],
    ['no layers', [], /layers/],
  ])('with %s', async (_what, layers, message) => {
    await expect(kerasFromBytes(await archive(sequential(layers)), 'model')).rejects.toThrow(message);
  });

  it.each([
    [
      'branches',
      functional([[input], [dense, 'input'], [layer('Add', 'sum'), 'input', 'dense']], ['sum']),
      /Add joins 2.*layer sum/,
    ],
    ['two outputs', functional([[input], [dense, 'input']], ['dense', 'input']), /2 outputs/],
    [
      'a layer aside',
      functional([[input], [dense, 'input'], [layer('Flatten', 'x'), 'input']], ['dense']),
      /beside.*layer x/,
    ],
    [
      'a circle',
      functional(
        [
          [layer('Flatten', 'a'), 'b'],
          [layer('Flatten', 'b'), 'a'],
        ],
        ['a'],
      ),
      /passed before/,
    ],
    ['an edge to nowhere', functional([[dense, 'ghost']], ['dense']), /ghost, which is not there/],
    ['code of its own', { class_name: 'MyModel', config: {} }, /class MyModel.*ONNX/],
    ['no configuration', [1, 2], /no configuration of a Keras model/],
  ])('whose graph has %s', async (_what, config, message) => {
    await expect(kerasFromBytes(await archive(config), 'model')).rejects.toThrow(message);
  });

  it.each([
    ['missing', 'weights-only.h5', /weight kernel is missing.*layer dense/],
    ['of another shape', 'transposed.weights.h5', /kernel has shape \[3, 13\], expected \[13, 3\].*layer dense/],
    ['a billion in five kilobytes', 'declared.weights.h5', /4000000000 bytes, more than the file/],
    ['in another file', 'external.weights.h5', /weight kernel is missing/],
    ['in a group that holds itself', 'circle.weights.h5', /levels deep/],
    ['packed', 'packed.weights.h5', /packed or in pieces/],
    ['no numbers', 'not-finite.weights.h5', /not a finite number.*dense\/kernel/],
  ])('whose weights are %s', async (_what, weights, message) => {
    const bytes = await archive(sequential([input, dense]), weights);
    const read = async () => networkFromLayersModel(await kerasFromBytes(bytes, 'model'));
    await expect(read()).rejects.toThrow(message);
  });
});

it('a GraphModel of TensorFlow.js is refused with what to save instead', () => {
  const json = { format: 'graph-model', modelTopology: { node: [] }, weightsManifest: [] };
  const bytes = new TextEncoder().encode(JSON.stringify(json));
  expect(() => parseModelJson(bytes, 'model.json')).toThrow(/GraphModel.*model\.json.*LayersModel.*ONNX/);
});

describe('a file is refused', () => {
  /** Sizes after inflating that the directory says, of every member. */
  function declaring(bytes: Uint8Array, size: number): Uint8Array {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 46 < bytes.length; at++) {
      if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, size, true);
    }
    return bytes;
  }
  const config = new TextEncoder().encode('{}');
  const zeros = () => zipSync({ 'config.json': new Uint8Array(2 ** 21) });

  it.each<[string, () => Uint8Array | Promise<Uint8Array>, RegExp]>([
    ['is empty', () => new Uint8Array(), /no HDF5 file/],
    ['is a zip archive cut short', async () => (await fixture('wine-mlp.keras')).subarray(0, 9000), /no directory/],
    ['is an HDF5 file cut short', async () => (await fixture('wine-mlp.h5')).subarray(0, 9000), /damaged HDF5/],
    ['is neither', () => new TextEncoder().encode('model = Sequential()'), /no HDF5 file/],
    ['holds weights only', () => fixture('weights-only.h5'), /weights without a model.*model\.save/],
    ['is an archive of something else', () => zipSync({ 'a.txt': config }), /no config\.json/],
    [
      'has no weights',
      () => zipSync({ 'config.json': new TextEncoder().encode(JSON.stringify(sequential([input, dense]))) }),
      /no model\.weights\.h5/,
    ],
    ['inflates to more than it says', () => declaring(zeros(), 1000), /cannot be inflated to the 1000 bytes/],
    ['says more than it inflates to', () => declaring(zeros(), 2 ** 21 + 1), /has 2097152 bytes, but/],
    ['says more than deflate can', () => declaring(zeros(), 2 ** 31), /more than deflate can/],
    ['has a configuration that is no JSON', () => zipSync({ 'config.json': Uint8Array.of(0x7b) }), /not JSON/],
  ])('that %s', async (_what, bytes, message) => {
    await expect(kerasFromBytes(await bytes(), 'model')).rejects.toThrow(message);
  });

  it('that is not there, or a link', async () => {
    await using folder = await temporaryFolder();
    await expect(readKeras(join(folder.path, 'none.keras'))).rejects.toThrow(/no such file/);
    await symlink(fixturePath('wine-mlp.keras'), join(folder.path, 'link.keras'));
    await expect(readKeras(join(folder.path, 'link.keras'))).rejects.toThrow(/symbolic link/);
  });
});
