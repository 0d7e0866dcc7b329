import { type BlobStore, openDirectoryStore } from '@ciphernet/blobs';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { train } from '../src/train.js';

const job = { run: 'train-test', model: 'mlp', dataset: 'mnist' as const, epochs: 2, seed: 7 };

async function weightsOf(blobs: BlobStore, model: string): Promise<string> {
  const record = JSON.parse(new TextDecoder().decode(await blobs.get(model))) as { weights: string };
  return record.weights;
}

describe('a training job', () => {
  it('that is stopped goes on from its last checkpoint and ends with the same weights', async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    const datasetFolders = { cacheFolder: folder.path };
    const blobs = await openDirectoryStore(folder.path);
    const controller = new AbortController();
    const announced: number[] = [];
    const stopped = train(job, {
      blobs,
      datasetFolders,
      signal: controller.signal,
      onCheckpoint: ({ epoch }) => announced.push(epoch),
      // Inside the second epoch.
      onProgress: ({ done, total }) => {
        if (done > total / 2) controller.abort();
      },
    });
    await expect(stopped).rejects.toThrow(/abort/i);
    expect(announced).toEqual([1]);

    const resumed = await train(job, { blobs, datasetFolders, onCheckpoint: ({ epoch }) => announced.push(epoch) });
    // The first epoch is announced again, so that its evaluation cannot be lost; the other is new.
    expect(announced).toEqual([1, 1, 2]);

    const undisturbedBlobs = await openDirectoryStore(other.path);
    const undisturbed = await train(job, { blobs: undisturbedBlobs, datasetFolders });
    expect(resumed.epoch).toBe(undisturbed.epoch);
    expect(resumed.validationAccuracy).toBe(undisturbed.validationAccuracy);
    expect(await weightsOf(blobs, resumed.model)).toBe(await weightsOf(undisturbedBlobs, undisturbed.model));
  });
});
