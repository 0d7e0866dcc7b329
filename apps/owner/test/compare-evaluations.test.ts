import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_TRANSFORM, examplesOf, readFolder } from '@ciphernet/datasets';
import {
  type KeptOutputs,
  deleteKeptOutputs,
  outcomeFolder,
  sealOutputs,
  writeDatasetRecord,
  writeKeptOutputs,
} from '@ciphernet/owner-records';
import { idxFile, temporaryFolder } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compareEvaluations } from '../src/compare-evaluations.js';

const PASSPHRASE = 'correct horse';
const COUNT = 40;
const MANIFESTS = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];
const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 2);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let owner: Parameters<typeof compareEvaluations>[0];

async function keep(evaluation: string, dataset: string, targetsDigest: string, wrong: number): Promise<void> {
  const outputs = new Float64Array(2 * COUNT);
  labels.forEach((label, i) => (outputs[2 * i + (i < wrong ? 1 - label : label)] = 1));
  const kept: KeptOutputs = {
    evaluation,
    keptAt: '2026-01-02T03:04:05.678Z',
    dataset,
    model: 'b'.repeat(64),
    targetsDigest,
    task: { kind: 'multiclass', classes: 2 },
    link: 'softmax',
    width: 2,
    count: COUNT,
    outputs,
  };
  await writeKeptOutputs(outcomeFolder(owner.reportsFolder, evaluation), await sealOutputs(kept, PASSPHRASE));
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const source = join(folder.path, 'tiny');
  await mkdir(source);
  await writeFile(join(source, 't10k-images-idx3-ubyte'), idxFile([COUNT, 4, 4], new Uint8Array(COUNT * 16)));
  await writeFile(join(source, 't10k-labels-idx1-ubyte'), idxFile([COUNT], labels));
  owner = {
    reportsFolder: join(folder.path, 'reports'),
    recordsFolder: join(folder.path, 'client'),
    datasetFolders: { cacheFolder: folder.path },
    passphrase: PASSPHRASE,
  };
  const { targetsDigest } = examplesOf(await readFolder(source, 'test'), NO_TRANSFORM);
  for (const manifest of MANIFESTS.slice(0, 2)) {
    await writeDatasetRecord(owner.recordsFolder, {
      version: 3,
      manifest,
      dataset: source,
      split: 'test',
      images: COUNT,
      labels: targetsDigest,
      arrangement: 'c'.repeat(64),
      keys: '/keys',
      encryptSeconds: 1,
      publicKeyBytes: 5,
    });
  }
  await keep('eval-first', MANIFESTS[0], targetsDigest, 4);
  await keep('eval-second', MANIFESTS[1], targetsDigest, 10);
  await keep('eval-elsewhere', MANIFESTS[2], 'e'.repeat(64), 0);
  await keep('eval-deleted', MANIFESTS[0], targetsDigest, 0);
  await deleteKeptOutputs(owner.reportsFolder, 'eval-deleted');
});
afterAll(async () => folder[Symbol.asyncDispose]());

describe('evaluations are compared', () => {
  it('from the owner’s files alone, of two encryptions of the same examples', async () => {
    const { models, pairs, examples } = await compareEvaluations(owner, ['eval-first', 'eval-second']);
    expect(examples).toBe(COUNT);
    expect(models.map(({ metrics }) => metrics['accuracy'])).toEqual([0.9, 0.75]);
    expect(pairs[0]?.decisions).toMatchObject({ bothRight: 30, onlyFirstRight: 6, onlySecondRight: 0, bothWrong: 4 });
    expect(pairs[0]?.decisions?.p).toBeCloseTo(2 / 2 ** 6, 12);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['of one', ['eval-first'], /1 evaluations to compare/],
    ['of one twice', ['eval-first', 'eval-first'], /named twice/],
    ['of other examples', ['eval-first', 'eval-elsewhere'], /not of the same examples \[eval-first, eval-elsewhere\]/],
    ['of outputs that were deleted', ['eval-first', 'eval-deleted'], /no outputs are kept \[eval-deleted\]/],
    ['of what was never kept', ['eval-nothing', 'eval-first'], /no outputs are kept \[eval-nothing\].*keepOutputs/],
  ])('but not %s', async (_name, evaluations, message) => {
    await expect(compareEvaluations(owner, evaluations)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(message),
    });
  });

  it('but not without the passphrase', async () => {
    const asked = compareEvaluations({ ...owner, passphrase: undefined }, ['eval-first', 'eval-second']);
    await expect(asked).rejects.toThrow(/outputs are under a passphrase.*set CIPHERNET_PASSPHRASE/);
  });

  it('but not after the labels were edited', async () => {
    const file = join(folder.path, 'tiny', 't10k-labels-idx1-ubyte');
    await writeFile(
      file,
      idxFile(
        [COUNT],
        Uint8Array.from(labels, (label, i) => (i === 3 ? 1 - label : label)),
      ),
    );
    try {
      const asked = compareEvaluations(owner, ['eval-first', 'eval-second']);
      await expect(asked).rejects.toThrow(/labels are not those that the dataset was encrypted with/);
    } finally {
      await writeFile(file, idxFile([COUNT], labels));
    }
  });
});
