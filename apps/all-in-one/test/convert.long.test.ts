import { readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readReport } from '@ciphernet/report';
import { runCli, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const OWN = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'examples', 'own-models');
const data = (name: string): string => join(OWN, 'data', name);
const model = (name: string): string => join(OWN, 'models', `${name}.onnx`);
const LABEL = ['--label', 'diagnosis', '--ignore', 'id'];
const TRAIN = ['--train', data('breast-cancer-train.csv'), ...LABEL];

describe('model convert', () => {
  it('goes from a network with ReLU to an encrypted evaluation of the converted one, which says that it is another', async () => {
    await using folder = await temporaryFolder();
    const env = { CIPHERNET_DATA: folder.path };
    const out = join(folder.path, 'converted.onnx');
    const said = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runCli(args, env);
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      return stdout;
    };
    const test = data('breast-cancer-test.csv');
    const refused = await runCli(['check', model('breast-cancer-relu'), test, ...LABEL], env);
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringMatching(/Relu: not a polynomial.*ciphernet model convert/),
    ]);

    const text = await said(
      'model',
      'convert',
      model('breast-cancer-relu'),
      ...TRAIN,
      '--test',
      test,
      '--epochs',
      '20',
      '--out',
      out,
    );
    expect(text).toMatch(/converted from breast-cancer-relu\.onnx \(file [0-9a-f]{12}\), and not that model/);
    expect(text).toMatch(/model {2}[0-9a-f]{64} {2}breast-cancer-relu-converted/);
    expect((await readdir(folder.path)).filter((name) => name.startsWith('converted')).sort()).toEqual([
      'converted.onnx',
      'converted.report.json',
      'converted.report.txt',
    ]);
    const { figures } = JSON.parse(await readFile(join(folder.path, 'converted.report.json'), 'utf8')) as {
      figures: { converted: number; original: number };
    };

    expect(await said('check', out, test, ...LABEL)).toMatch(/fits: 2 squares, 30 features, 1 outputs, two classes/);
    const json = join(folder.path, 'report.json');
    const calibrate = ['--calibrate', data('breast-cancer-train.csv')];
    await said('run', '--data', test, ...LABEL, '--model', out, ...calibrate, '--json', json);
    const report = await readReport(json);
    expect(report).toMatchObject({ images: 171, task: 'binary', verified: true });
    expect(report.plainAgreement).toBeGreaterThanOrEqual(0.99);
    expect(report.notes?.join()).toMatch(/converted from the model whose file is [0-9a-f]{12}: another network/);
    expect(Math.abs(report.accuracy.encrypted! - figures.converted)).toBeLessThanOrEqual(1 / 171);
    expect(figures.original - report.accuracy.encrypted!).toBeLessThanOrEqual(0.01);
  });

  it.each<[string, readonly string[], number, RegExp]>([
    [
      'no training data, with the reason',
      [model('breast-cancer-relu')],
      2,
      /converted by training it against the original, which needs data \[--train\].*the data that it was trained on/,
    ],
    ['a model that is not there', ['nothing.onnx', ...TRAIN], 2, /no such model|nothing\.onnx/],
    ['a network that needs no conversion', [model('wine-mlp'), ...TRAIN], 2, /nothing to convert.*ciphernet check/],
    ['data with other features', [model('mnist-dropout-relu'), ...TRAIN], 2, /30 features for a model that reads 784/],
    [
      'a named dataset of other images',
      [model('breast-cancer-relu'), '--train', 'mnist'],
      2,
      /images of 784 values and 10 classes for a network of 30 and 1/,
    ],
    [
      'a test part of a dataset that has one',
      [model('mnist-dropout-relu'), '--train', 'mnist', '--test', 'x.csv'],
      2,
      /mnist has a test split of its own/,
    ],
    [
      'a square at no activation',
      [model('breast-cancer-relu'), ...TRAIN, '--squares', 'nowhere'],
      2,
      /no activation 'nowhere'/,
    ],
    [
      'a label that is not there',
      [model('breast-cancer-relu'), '--train', data('breast-cancer-train.csv'), '--label', 'diagnose'],
      2,
      /there is no column "diagnose"/,
    ],
    ['no epochs', [model('breast-cancer-relu'), ...TRAIN, '--epochs', '0'], 2, /--epochs/],
  ])('refuses %s, in a line, and leaves no file', async (_, args, code, message) => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, 'out.onnx');
    const result = await runCli(['model', 'convert', ...args, '--out', out], { CIPHERNET_DATA: folder.path });
    expect([result.code, result.stderr]).toEqual([code, expect.stringMatching(message)]);
    expect((await readdir(folder.path)).filter((name) => name.startsWith('out'))).toEqual([]);
  });

  it('refuses a file that is no ONNX model', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'model.onnx');
    await writeFile(path, 'no model');
    const { code, stderr } = await runCli(['model', 'convert', path, ...TRAIN], { CIPHERNET_DATA: folder.path });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/not an ONNX/)]);
  });
});
