import { join } from 'node:path';
import { DATASET_OWNERS } from '@ciphernet/artifacts';
import { openDirectoryStore } from '@ciphernet/blobs';
import { openIdentity } from '@ciphernet/identity';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { assertAcceptedDataset } from '../src/accepted-dataset.js';

const SIGNED = 'd'.repeat(64);

describe('a worker that names data owners', () => {
  it('works on what one of them has signed, and one that names none on anything', async () => {
    await using folder = await temporaryFolder();
    const blobs = await openDirectoryStore(join(folder.path, 'store'));
    const owner = await DATASET_OWNERS.sign(blobs, SIGNED, await openIdentity(join(folder.path, 'owner'), undefined));
    const other = 'a'.repeat(64);
    await assertAcceptedDataset(blobs, SIGNED, [other, owner]);
    await assertAcceptedDataset(blobs, 'e'.repeat(64), []);
    const refused: [string, string[]][] = [
      [SIGNED, [other]],
      ['e'.repeat(64), [owner]],
    ];
    for (const [dataset, owners] of refused) {
      await expect(assertAcceptedDataset(blobs, dataset, owners)).rejects.toThrow(
        /not signed by an owner whom this worker accepts.*CIPHERNET_OWNERS.*dataset sign/,
      );
    }
  });
});
