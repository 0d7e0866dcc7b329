import { writeFile } from 'node:fs/promises';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { sameExamples, spendEvaluation, spentEvaluations } from '../src/consent-budget.js';
import { allow, findConsent, termsOf } from '../src/consent.js';
import { type DatasetRecord, writeDatasetRecord } from '../src/dataset-record.js';
import { loadOwnerConfiguration } from '../src/owner-configuration.js';
import { NO_TERMS, type Terms } from '../src/terms.js';

const dataset = 'd'.repeat(64);
const model = 'e'.repeat(64);
const record = (manifest: string, labels: string): DatasetRecord => ({
  version: 3,
  manifest,
  dataset: 'mnist',
  split: 'test',
  images: 10,
  labels,
  arrangement: 'c'.repeat(64),
  keys: '/keys',
  encryptSeconds: 1,
  publicKeyBytes: 5,
});

describe('the terms of a consent', () => {
  it('are at first what was allowed before there were any: all figures, no bound, no audit', async () => {
    await using folder = await temporaryFolder();
    const owner = loadOwnerConfiguration({ CIPHERNET_DATA: folder.path });
    await allow(owner, dataset, { models: [model] });
    expect(termsOf((await findConsent(owner, dataset))!)).toEqual({
      models: [model],
      modelOwners: [],
      runs: [],
      metrics: ['accuracy', 'confusion'],
      slices: 'all',
      budget: {},
      audits: 'none',
    });
  });

  it('stay until they are changed, each by itself', async () => {
    await using folder = await temporaryFolder();
    const owner = loadOwnerConfiguration({ CIPHERNET_DATA: folder.path });
    await allow(owner, dataset, { metrics: ['accuracy'], slices: [0, 7], budget: { evaluations: 3 }, audits: 2 });
    await allow(owner, dataset, { models: [model], budget: { epsilon: 2.5 } });
    const terms = { metrics: ['accuracy'], slices: [0, 7], budget: { evaluations: 3, epsilon: 2.5 }, audits: 2 };
    expect(await findConsent(owner, dataset)).toMatchObject({ ...terms, models: [model] });
    await allow(owner, dataset, { audits: 'none', slices: 'all' });
    expect(await findConsent(owner, dataset)).toMatchObject({ ...terms, audits: 'none', slices: 'all' });
  });

  it.each<[string, unknown]>([
    ['a metric that is never published', { metrics: ['margins'] }],
    ['a class beyond the most', { slices: [256] }],
    ['no class at all', { slices: [] }],
    ['a budget of no evaluation', { budget: { evaluations: 0 } }],
    ['a budget of half an evaluation', { budget: { evaluations: 1.5 } }],
    ['an ε of nothing', { budget: { epsilon: 0 } }],
    ['a budget of something else', { budget: { coffee: 1 } }],
    ['audits by nobody in particular', { audits: 'somebody' }],
    ['more audits than there can be', { audits: 9 }],
    ['no audits by number', { audits: 0 }],
    ['a model owner that is no fingerprint', { modelOwners: ['somebody'] }],
    ['a model that is no digest', { models: ['91bc'] }],
  ])('cannot be %s', async (_what, change) => {
    await using folder = await temporaryFolder();
    const owner = loadOwnerConfiguration({ CIPHERNET_DATA: folder.path });
    await expect(allow(owner, dataset, change as Partial<Terms>)).rejects.toThrow(/not valid/);
    expect(await findConsent(owner, dataset)).toBeUndefined();
  });

  it('are nothing where nothing was allowed', () => {
    expect(NO_TERMS).toMatchObject({ models: [], runs: [] });
  });
});

describe('the budget of evaluations', () => {
  it('is spent once an evaluation, ends, and says what to do', async () => {
    await using folder = await temporaryFolder();
    const owner = loadOwnerConfiguration({ CIPHERNET_DATA: folder.path });
    const consent = await allow(owner, dataset, { models: [model], budget: { evaluations: 2 } });
    for (const evaluation of ['eval-one', 'eval-one', 'eval-two']) await spendEvaluation(owner, consent, evaluation);
    expect((await spentEvaluations(owner, dataset)).size).toBe(2);
    await expect(spendEvaluation(owner, consent, 'eval-three')).rejects.toThrow(
      /budget is used up: 2 of 2 evaluations.*allow --dataset d{64} --evaluations/,
    );
    await spendEvaluation(owner, consent, 'eval-two');
    const more = await allow(owner, dataset, { budget: { evaluations: 3 } });
    await spendEvaluation(owner, more, 'eval-three');
  });

  it('is one for all encryptions of the same examples', async () => {
    await using folder = await temporaryFolder();
    const owner = loadOwnerConfiguration({ CIPHERNET_DATA: folder.path });
    const [again, other] = ['a'.repeat(64), 'b'.repeat(64)];
    await writeDatasetRecord(owner.recordsFolder, record(dataset, '1'.repeat(64)));
    await writeDatasetRecord(owner.recordsFolder, record(again, '1'.repeat(64)));
    await writeDatasetRecord(owner.recordsFolder, record(other, '2'.repeat(64)));
    expect([...(await sameExamples(owner.recordsFolder, again))].sort()).toEqual([again, dataset]);
    const budget = { evaluations: 1 };
    await spendEvaluation(owner, { dataset, budget }, 'eval-one');
    await expect(spendEvaluation(owner, { dataset: again, budget }, 'eval-two')).rejects.toThrow(/used up/);
    await spendEvaluation(owner, { dataset: other, budget }, 'eval-three');
  });

  it('is not kept where nothing can be written: then nothing is decrypted', async () => {
    await using folder = await temporaryFolder();
    const owner = loadOwnerConfiguration({ CIPHERNET_DATA: folder.path });
    await writeFile(owner.consentsFolder, 'a file, not a folder');
    await expect(spendEvaluation(owner, { dataset, budget: {} }, 'eval-one')).rejects.toThrow();
  });
});
