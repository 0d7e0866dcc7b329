import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { type DatasetRecord, readDatasetRecord, writeDatasetRecord } from '../src/dataset-record.js';
import { loadOwnerConfiguration } from '../src/owner-configuration.js';

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
