import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BlobStore, openDirectoryStore } from '@ciphernet/blobs';
import { sha256Hex } from '@ciphernet/foundation';
import { openIdentity } from '@ciphernet/identity';
import { loadModel } from '@ciphernet/models';
import type { ConvertJob, ConvertedResult } from '@ciphernet/queue';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { ownConversionData } from '../src/conversion/conversion-data.js';
import { type ConversionReport, conversionReportFromBytes } from '../src/conversion/conversion-report.js';
import { convert } from '../src/conversion/convert.js';
import { openOriginal } from '../src/conversion/original.js';
import type { ConvertDependencies } from '../src/conversion/prepare.js';
import { encodeConversionData } from '../src/conversion/stored-data.js';

const OWN = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'examples', 'own-models');
const isInstalled = await stat('/usr/share/datasets/fashion-mnist').then(
  () => true,
  () => false,
);

async function original(blobs: BlobStore, name: string): Promise<{ bytes: Uint8Array; parts: ConvertJob['original'] }> {
  const bytes = new Uint8Array(await readFile(join(OWN, 'models', `${name}.onnx`)));
  return { bytes, parts: [{ name: `${name}.onnx`, digest: (await blobs.put(bytes)).digest }] };
}

async function breastCancer(blobs: BlobStore, epochs: number): Promise<ConvertJob> {
  const { bytes, parts } = await original(blobs, 'breast-cancer-relu');
  const { teacher } = openOriginal([{ name: 'model.onnx', bytes }], 'breast-cancer-relu');
  const data = await ownConversionData(join(OWN, 'data', 'breast-cancer-train.csv'), teacher, {
    label: ['diagnosis'],
    ignore: ['id'],
    test: join(OWN, 'data', 'breast-cancer-test.csv'),
  });
  const { digest } = await blobs.put(encodeConversionData(data));
  const stored = { kind: 'stored', examples: digest } as const;
  return { run: 'train-table', name: 'breast-cancer-relu-converted', original: parts, data: stored, epochs, seed: 1 };
}

async function reportOf(blobs: BlobStore, { report }: ConvertedResult): Promise<ConversionReport> {
  return conversionReportFromBytes(await blobs.get(report), report);
}

async function inStore<T>(body: (blobs: BlobStore, dependencies: ConvertDependencies) => Promise<T>): Promise<T> {
  await using folder = await temporaryFolder();
  const blobs = await openDirectoryStore(folder.path);
  const trust = { identity: await openIdentity(join(folder.path, 'worker'), undefined), accepted: [] };
  return await body(blobs, { blobs, trust, datasetFolders: { cacheFolder: folder.path } });
}

/** Points of accuracy that a conversion cost. */
const cost = ({ figures }: ConversionReport): number => 100 * ((figures.original ?? NaN) - (figures.converted ?? NaN));

describe('a conversion', () => {
  it('of a table’s network with two ReLUs stays within a point, and is a model of its own that names the original', () =>
    inStore(async (blobs, dependencies) => {
      const job = await breastCancer(blobs, 60);
      const signed: string[] = [];
      const converted = await convert(job, {
        ...dependencies,
        sign: (model) => Promise.resolve(signed.push(model)),
      });
      const report = await reportOf(blobs, converted);
      const file = sha256Hex(await readFile(join(OWN, 'models', 'breast-cancer-relu.onnx')));
      expect(report).toMatchObject({
        model: converted.model,
        convertedFrom: { name: 'breast-cancer-relu.onnx', file },
        data: { training: 338, validation: 60, test: 171, isHeldOut: false },
        replaced: [{ by: 'square' }, { by: 'square' }],
        figures: { count: 171, measure: 'accuracy' },
      });
      expect(cost(report)).toBeLessThanOrEqual(1);
      const { bothRight, onlyFirstRight, onlySecondRight, bothWrong } = report.figures.paired!;
      expect(bothRight + onlyFirstRight + onlySecondRight + bothWrong).toBe(171);
      const { record, answers } = await loadModel(blobs, converted.model);
      expect(record).toMatchObject({ version: 3, convertedFrom: file, name: 'breast-cancer-relu-converted' });
      expect(answers.notes.join()).toMatch(/another network, trained to give what that one gives/);
      expect(signed).toContain(converted.model);
    }));

  it('that is stopped goes on from its last epoch and ends with the same network', () =>
    inStore(async (blobs, dependencies) => {
      const evaluate = { manifest: 'd'.repeat(64), shards: 1, engine: 'simd', compare: true };
      const job = { ...(await breastCancer(blobs, 4)), evaluate };
      const controller = new AbortController();
      const announced: number[] = [];
      const onCheckpoint = ({ epoch }: { epoch: number }): void => void announced.push(epoch);
      const stopped = convert(job, {
        ...dependencies,
        signal: controller.signal,
        onCheckpoint,
        // Inside the third epoch.
        onProgress: ({ done, total, note }) => {
          if (note.startsWith('loss') && done > 0.55 * total) controller.abort();
        },
      });
      await expect(stopped).rejects.toThrow(/abort/i);
      expect(announced).toEqual([1, 2]);
      const scored: string[] = [];
      const resumed = await convert(job, {
        ...dependencies,
        onCheckpoint,
        onProgress: ({ note }) => {
          if (note.startsWith('scores')) scored.push(note);
        },
      });
      // Earlier epochs are announced again; the original is not asked again.
      expect([announced, scored]).toEqual([[1, 2, 1, 2, 3, 4], []]);
      const undisturbed = await inStore(async (other, more) =>
        convert({ ...(await breastCancer(other, 4)), evaluate }, more),
      );
      expect([resumed.model, resumed.epoch]).toEqual([undisturbed.model, undisturbed.epoch]);
    }));

  it('of a network with max pooling and dropout finds where squares go, and says what was replaced', () =>
    inStore(async (blobs, dependencies) => {
      const { parts } = await original(blobs, 'mnist-dropout-relu');
      const converted = await convert(
        {
          run: 'train-dropout',
          name: 'mnist-converted',
          original: parts,
          data: { kind: 'named', dataset: 'mnist', most: 6000 },
          epochs: 4,
          seed: 1,
        },
        dependencies,
      );
      const report = await reportOf(blobs, converted);
      expect(report.tried.map(({ name }) => name).sort()).toEqual(['/1/Relu, /6/Relu', "network 'cnn' of the zoo"]);
      expect(report.replaced).toEqual([
        { node: '/1/Relu', operator: 'Relu', by: 'square' },
        { node: '/2/MaxPool', operator: 'MaxPool', by: 'average pooling' },
        { node: '/6/Relu', operator: 'Relu', by: 'square' },
        { node: 'Dropout', operator: 'Dropout', by: 'nothing' },
      ]);
      expect(report.figures.count).toBe(10_000);
      expect(cost(report)).toBeLessThanOrEqual(1);
      expect(report.figures.agreement).toBeGreaterThan(0.96);
    }));

  (isInstalled ? it : it.skip)(
    'of PyTorch’s LeNet with four ReLUs on Fashion-MNIST stays within a point',
    () =>
      inStore(async (blobs, dependencies) => {
        const { parts } = await original(blobs, 'fashion-lenet-relu');
        const converted = await convert(
          {
            run: 'train-lenet',
            name: 'lenet-converted',
            original: parts,
            data: { kind: 'named', dataset: 'fashion-mnist', most: 20_000 },
            // What the trials of all pairs find, which take longer than the rest.
            squares: ['/1/Relu', '/8/Relu'],
            epochs: 6,
            seed: 1,
          },
          dependencies,
        );
        const report = await reportOf(blobs, converted);
        expect(report.replaced.map(({ by }) => by)).toEqual([
          'square',
          'average pooling',
          'linear',
          'average pooling',
          'square',
          'linear',
        ]);
        expect(report.figures.original).toBeGreaterThan(0.87);
        expect(cost(report)).toBeLessThanOrEqual(1);
        // Beside other tests it takes longer than a test may.
      }),
    1_800_000,
  );
});
