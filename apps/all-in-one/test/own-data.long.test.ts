import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadDataset, takeExamples } from '@ciphernet/datasets';
import { type Report, readReport } from '@ciphernet/report';
import { runCli, startCli, temporaryFolder, writeImageFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const OWN = join(ROOT, 'examples', 'own-models');
const data = (name: string): string => join(OWN, 'data', name);
const model = (name: string): string => join(OWN, 'models', `${name}.onnx`);
const FASHION = '/usr/share/datasets/fashion-mnist';
const isInstalled = await stat(FASHION).then(
  () => true,
  () => false,
);

/** Runs own data and a model to a report, as a person would. */
async function evaluated(
  folder: string,
  args: readonly string[],
): Promise<{ readonly report: Report; readonly stderr: string }> {
  const json = join(folder, 'report.json');
  const { code, stderr } = await runCli(['run', ...args, '--json', json], { CIPHERNET_DATA: folder });
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return { report: await readReport(json), stderr };
}

/** What every report of own data says. */
function expectProven(report: Report): void {
  expect(report.verified).toBe(true);
  expect(report.model.runtime).toMatch(/^ONNX Runtime \d/);
  expect(report.checks).toEqual(expect.arrayContaining(['twins', 'comparison']));
}

describe('own data and an own model', () => {
  it.each([
    ['logistic regression', 'breast-cancer-logistic', 0.97],
    ['Gaussian naive Bayes', 'breast-cancer-bayes', 0.92],
    ['a support vector machine of degree 2', 'breast-cancer-svc', 0.95],
  ])(
    'evaluates %s of scikit-learn on a CSV file, every decision as ONNX Runtime makes it',
    async (_name, name, least) => {
      await using folder = await temporaryFolder();
      const { report, stderr } = await evaluated(
        folder.path,
        [
          '--data',
          data('breast-cancer-test.csv'),
          '--label',
          'diagnosis',
          '--ignore',
          'id',
          '--model',
          model(name),
        ].concat(['--calibrate', data('breast-cancer-train.csv')]),
      );
      expectProven(report);
      expect(report).toMatchObject({ images: 171, task: 'binary', plainAgreement: 1, agreement: 1 });
      expect(report.accuracy.encrypted).toBe(report.accuracy.base);
      expect(report.accuracy.encrypted).toBeGreaterThan(least);
      expect(report.intervals?.['rocAuc']?.[0]).toBeLessThan(report.metrics!['rocAuc']!);
      expect(stderr).toMatch(/malignant is positive/);
    },
  );

  it('evaluates a network of squares of PyTorch on a table of three classes', async () => {
    await using folder = await temporaryFolder();
    const { report } = await evaluated(
      folder.path,
      ['--data', data('wine-test.csv'), '--label', 'cultivar', '--model', model('wine-mlp')].concat([
        '--calibrate',
        data('wine-train.csv'),
      ]),
    );
    expectProven(report);
    expect(report).toMatchObject({ images: 54, task: 'multiclass', plainAgreement: 1 });
    expect(report.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(54);
  });

  it('evaluates a regression, its error within a thousandth of the plain model’s', async () => {
    await using folder = await temporaryFolder();
    const { report } = await evaluated(
      folder.path,
      ['--data', data('diabetes-test.csv'), '--label', 'progression', '--model', model('diabetes-ridge')].concat([
        '--calibrate',
        data('diabetes-train.csv'),
        '--slice',
        'sex',
      ]),
    );
    expectProven(report);
    expect(report).toMatchObject({ images: 133, task: 'regression', accuracy: {}, confusion: [] });
    const [encrypted, plain] = [report.metrics!['rmse']!, report.plainMetrics!['rmse']!];
    expect(Math.abs(encrypted - plain) / plain).toBeLessThan(1e-3);
    expect(report.slices?.parts.map(({ name, count }) => [name, count > 10])).toEqual([
      ['2', true],
      ['1', true],
    ]);
  });

  it('evaluates a convolutional network of PyTorch on a folder of colour images', async () => {
    await using folder = await temporaryFolder();
    const { report } = await evaluated(folder.path, ['--data', data('shapes'), '--model', model('shapes-cnn')]);
    expectProven(report);
    expect(report).toMatchObject({ images: 200, task: 'multiclass', plainAgreement: 1 });
    expect(report.perClass?.map(({ name }) => name)).toEqual(['cross', 'disc', 'ring', 'square', 'stripes']);
    expect(report.notes?.join()).toMatch(/calibrated on the private data itself/);
  });

  (isInstalled ? it : it.skip)(
    'evaluates one with batch normalisation on Fashion-MNIST as a folder of PNGs',
    async () => {
      await using folder = await temporaryFolder();
      const options = { cacheFolder: folder.path };
      const images = join(folder.path, 'images');
      const training = join(folder.path, 'training');
      await writeImageFolder(images, {
        height: 28,
        width: 28,
        channels: 1,
        ...(await loadDataset('fashion-mnist', 'test', options)),
      });
      const train = takeExamples(await loadDataset('fashion-mnist', 'train', options), 1000);
      await writeImageFolder(training, { height: 28, width: 28, channels: 1, ...train });
      const { report } = await evaluated(folder.path, [
        '--data',
        images,
        '--model',
        model('fashion-cnn'),
        '--calibrate',
        training,
      ]);
      expectProven(report);
      expect(report.images).toBe(10_000);
      expect(report.plainAgreement).toBeGreaterThanOrEqual(0.999);
      expect(report.accuracy.encrypted).toBeGreaterThan(0.89);
    },
  );

  it('streams a Parquet file of three million rows in bounded memory', async () => {
    const flights = join(ROOT, 'node_modules', 'vega-datasets', 'data', 'flights-3m.parquet');
    await using folder = await temporaryFolder();
    const json = join(folder.path, 'report.json');
    const child = startCli(
      ['run', '--data', flights, '--label', 'delay', '--ignore', 'date,origin,destination', '--json', json].concat([
        '--model',
        model('flights-linear'),
        '--input-range',
        '0..5000',
        '--images',
        '3000000',
      ]),
      { CIPHERNET_DATA: folder.path },
    );
    const largest = await largestMemory(child);
    const report = await readReport(json);
    expectProven(report);
    expect(report).toMatchObject({ images: 3_000_000, task: 'regression' });
    expect(Math.abs(report.metrics!['rmse']! / report.plainMetrics!['rmse']! - 1)).toBeLessThan(1e-3);
    // Most of it queue, runtime and threads: the file's own columns are 36 MB.
    if (largest !== undefined) expect(largest).toBeLessThan(1e9);
  });

  it('goes from a CSV file and an ONNX file to a report by the commands of separate parties', async () => {
    await using folder = await temporaryFolder();
    const env = { CIPHERNET_DATA: folder.path };
    const said = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runCli(args, env);
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      return stdout;
    };
    const test = data('breast-cancer-test.csv');
    const label = ['--label', 'diagnosis', '--ignore', 'id'];
    expect(await said('dataset', 'inspect', test, ...label)).toMatch(/171 examples[^]*30 values an example/);
    const train = data('breast-cancer-train.csv');
    expect(await said('check', model('breast-cancer-svc'), train, ...label)).toMatch(/fits: 1 square, 30 features/);
    const imported = await said(
      'model',
      'import',
      model('breast-cancer-svc'),
      '--calibrate',
      train,
      ...label,
      '--json',
    );
    const { model: digest } = JSON.parse(imported) as { model: string };
    // What is stored beside the model is no example of the calibration data: no blob holds a value of its first row.
    const blobs = await readdir(join(folder.path, 'store'), { recursive: true, withFileTypes: true });
    const needle = Buffer.from(Float32Array.of(20.57).buffer);
    for (const entry of blobs.filter((file) => file.isFile())) {
      const bytes = await readFile(join(entry.parentPath, entry.name));
      expect([bytes.includes(needle), bytes.includes('20.57')]).toEqual([false, false]);
    }
    await said('keys', 'create', '--for-model', digest);
    const encrypted = await said('dataset', 'encrypt', test, ...label, '--for-model', digest, '--json');
    const { dataset } = JSON.parse(encrypted) as { dataset: string };
    await said('allow', '--dataset', dataset, '--model', digest);
    const answer = await said('enqueue', '--dataset', dataset, '--model', digest, '--json');
    const { evaluation } = JSON.parse(answer) as { evaluation: string };
    const report = await readReport(join(folder.path, 'reports', evaluation, 'report.json'));
    expectProven(report);
    expect(report).toMatchObject({ images: 171, task: 'binary', plainAgreement: 1 });
  });

  it.each<[string, readonly string[], number, RegExp]>([
    ['a label that is not there', ['--label', 'diagnose'], 2, /there is no column "diagnose"/],
    [
      'a model that is not there',
      ['--label', 'diagnosis', '--model', 'nothing.onnx'],
      2,
      /nothing\.onnx|no such model/,
    ],
    ['data that is no table', ['--label', 'diagnosis', '--data', model('wine-mlp')], 2, /holds no examples/],
    [
      'a model of other features',
      ['--label', 'diagnosis', '--model', model('wine-mlp')],
      2,
      /30 features for a model that reads 13/,
    ],
  ])('refuses %s with one line, and leaves nothing behind', async (_what, more, code, message) => {
    await using folder = await temporaryFolder();
    const usual = ['run', '--data', data('breast-cancer-test.csv'), '--model', model('breast-cancer-logistic')];
    const result = await runCli([...usual, ...more], { CIPHERNET_DATA: folder.path });
    expect([result.code, result.stderr]).toEqual([code, expect.stringMatching(message)]);
    expect(result.stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
    const left = await readdir(folder.path, { recursive: true });
    expect(left.filter((name) => /record|report|keys/.test(name))).toEqual([]);
  });

  it('writes predictions for the owner only, where nobody knows the answers', async () => {
    await using folder = await temporaryFolder();
    const text = await readFile(data('wine-test.csv'), 'utf8');
    const unlabelled = join(folder.path, 'wines.csv');
    await writeFile(unlabelled, text.replaceAll(/,[^,\n]*$/gm, ''));
    const { report } = await evaluated(folder.path, [
      ...['--data', unlabelled, '--model', model('wine-mlp'), '--calibrate', data('wine-train.csv')],
      ...['--ignore', 'id,cultivar', '--classes', 'cultivar_1,cultivar_2,cultivar_3'],
    ]);
    expect(report).toMatchObject({ images: 54, accuracy: {}, confusion: [] });
    expect(report.metrics).toBeUndefined();
    const path = join(folder.path, 'reports', report.evaluation, 'predictions.csv');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(55);
  });
});

/** Largest resident memory of a process in bytes until it ends with 0; undefined where the system does not say. */
async function largestMemory(child: ChildProcess): Promise<number | undefined> {
  let largest: number | undefined;
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout?.resume();
  const look = setInterval(() => {
    void readFile(`/proc/${child.pid}/status`, 'utf8').then(
      (status) => {
        const kilobytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
        if (kilobytes !== undefined) largest = 1024 * Number(kilobytes);
      },
      () => undefined,
    );
  }, 500);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(look);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return largest;
}
