import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IntegrityError } from '@ciphernet/foundation';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { type DatasetRecord, readDatasetRecord, writeDatasetRecord } from '../src/dataset-record.js';
import { readOutcome, writeRefusal } from '../src/outcome.js';
import { loadOwnerConfiguration } from '../src/owner-configuration.js';
import { keepRequest, readRequests } from '../src/requests.js';

const record: DatasetRecord = {
  version: 3,
  manifest: 'a'.repeat(64),
  dataset: 'mnist',
  split: 'test',
  images: 10,
  labels: 'b'.repeat(64),
  arrangement: 'c'.repeat(64),
  keys: '/keys',
  encryptSeconds: 1,
  publicKeyBytes: 5,
};

describe('the owner’s record of a dataset', () => {
  it('is read back as it was written, and can be read by its owner only', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'client');
    await writeDatasetRecord(path, record);
    expect(await readDatasetRecord(path, record.manifest)).toEqual(record);
    expect((await stat(join(path, `${record.manifest}.json`))).mode & 0o077).toBe(0);
    expect((await stat(path)).mode & 0o077).toBe(0);
  });

  it('of another dataset is not there, and the error says what to do', async () => {
    await using folder = await temporaryFolder();
    await expect(readDatasetRecord(folder.path, 'c'.repeat(64))).rejects.toThrow(
      /does not know dataset.*CIPHERNET_DATA/s,
    );
  });

  it('without the digest of its labels is refused', async () => {
    await using folder = await temporaryFolder();
    const { labels: _labels, ...old } = record;
    await writeDatasetRecord(folder.path, { ...old, version: 1 } as unknown as DatasetRecord);
    await expect(readDatasetRecord(folder.path, record.manifest)).rejects.toThrow(/encrypt the dataset again/);
  });
});

describe('what the owner is configured with', () => {
  it('is what every process knows, and besides where secrets and results lie', () => {
    const configuration = loadOwnerConfiguration({ CIPHERNET_DATA: '/here', CIPHERNET_PASSPHRASE: 'words' });
    expect(configuration).toMatchObject({
      blobFolder: '/here/store',
      keysFolder: '/here/keys',
      reportsFolder: '/here/reports',
      recordsFolder: '/here/client',
      passphrase: 'words',
    });
    expect(loadOwnerConfiguration({ CIPHERNET_PASSPHRASE: '' }).passphrase).toBeUndefined();
  });
});

describe('a request without consent', () => {
  const dataset = 'd'.repeat(64);
  const model = 'e'.repeat(64);

  it('is kept, the oldest first, and what is no request is left out', async () => {
    await using folder = await temporaryFolder();
    await keepRequest(folder.path, { dataset, model, evaluation: 'eval-one' });
    await keepRequest(folder.path, { dataset, model, evaluation: 'eval-two' });
    await writeFile(join(folder.path, 'other.json'), 'no JSON');
    const names = (await readRequests(folder.path)).map(({ evaluation }) => evaluation).sort();
    expect(names).toEqual(['eval-one', 'eval-two']);
  });
});

describe('the outcome of an evaluation', () => {
  it('is not known, then refused with its reason, for its owner’s eyes', async () => {
    await using folder = await temporaryFolder();
    expect(await readOutcome(folder.path, 'eval-x')).toBeUndefined();
    await writeRefusal(folder.path, 'eval-x', new IntegrityError('twins differ', { where: 'result' }));
    expect(await readOutcome(folder.path, 'eval-x')).toMatchObject({
      kind: 'refused',
      error: { name: 'IntegrityError', message: 'twins differ [result]' },
    });
    expect((await stat(join(folder.path, 'eval-x', 'refused.json'))).mode & 0o077).toBe(0);
  });
});
