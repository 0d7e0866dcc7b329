import { join } from 'node:path';
import { type BlobStore, openDirectoryStore } from '@ciphernet/blobs';
import { openGpu } from '@ciphernet/engines';
import { identityFingerprint, openIdentity } from '@ciphernet/identity';
import type { TrainedResult } from '@ciphernet/queue';
import { gpuTests, temporaryFolder } from '@ciphernet/testing';
import { encodeCheckpoint } from '@ciphernet/training';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TrainDependencies, train } from '../src/train.js';
import { configureTraining, trainingBackendFor } from '../src/training-backend.js';
import { readTrainingState, writeTrainingState } from '../src/training-state.js';

const job = { run: 'train-test', model: 'mlp', dataset: 'mnist' as const, epochs: 2, seed: 7 };

async function weightsOf(blobs: BlobStore, model: string): Promise<string> {
  const record = JSON.parse(new TextDecoder().decode(await blobs.get(model))) as { weights: string };
  return record.weights;
}

const describeOnGpu = await gpuTests({ describe, it }, openGpu);

describe('a training job', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let dependencies: TrainDependencies;
  let undisturbed: TrainedResult;
  const announced: number[] = [];

  const trustOf = async (name: string): Promise<TrainDependencies['trust']> => ({
    identity: await openIdentity(join(folder.path, name), undefined),
    accepted: [],
  });

  const assertUndisturbed = async (result: TrainedResult): Promise<void> => {
    expect(result.epoch).toBe(undisturbed.epoch);
    expect(result.validationAccuracy).toBe(undisturbed.validationAccuracy);
    const { blobs } = dependencies;
    expect(await weightsOf(blobs, result.model)).toBe(await weightsOf(blobs, undisturbed.model));
  };

  // Stops a run inside its second epoch, and has another that nothing disturbs.
  beforeAll(async () => {
    folder = await temporaryFolder();
    const blobs = await openDirectoryStore(folder.path);
    dependencies = { blobs, trust: await trustOf('worker'), datasetFolders: { cacheFolder: folder.path } };
    const controller = new AbortController();
    const stopped = train(job, {
      ...dependencies,
      signal: controller.signal,
      onCheckpoint: ({ epoch }) => announced.push(epoch),
      onProgress: ({ done, total }) => {
        if (done > total / 2) controller.abort();
      },
    });
    await expect(stopped).rejects.toThrow(/abort/i);
    undisturbed = await train({ ...job, run: 'undisturbed' }, dependencies);
  });
  afterAll(async () => {
    await folder[Symbol.asyncDispose]();
  });

  describeOnGpu(() => {
    it('whose GPU is lost is given back with the reason, and goes on without it from its last epoch', async () => {
      const { blobs } = dependencies;
      const known = await readTrainingState(blobs, job.run, dependencies.trust);
      if (known === undefined) throw new Error('the stopped run has no state');
      // The first epoch, as one that a GPU has trained: a whole epoch on SwiftShader takes minutes.
      const identity = { ...known.checkpoint.identity, backend: 'webgpu' };
      const { digest } = await blobs.put(encodeCheckpoint({ ...known.checkpoint, identity }));
      const run = 'on-gpu';
      await writeTrainingState(blobs, run, { ...known.state, checkpoint: digest }, dependencies.trust);

      configureTraining('webgpu');
      const taken: string[] = [];
      const withGpu = (onTaken: (device: GPUDevice) => void): TrainDependencies => ({
        ...dependencies,
        async backendFor(search) {
          const chosen = await trainingBackendFor(search);
          if (chosen.name === 'webgpu') onTaken((chosen.tf.backend() as unknown as { device: GPUDevice }).device);
          return chosen;
        },
        onBackend: ({ name, reason }) => taken.push(`${name}: ${reason}`),
      });
      const onGpu = train(
        { ...job, run },
        withGpu((device) => device.destroy()),
      );
      await expect(onGpu).rejects.toMatchObject({
        name: 'DeviceError',
        message: expect.stringMatching(/the GPU was lost: .*while training .*backend webgpu on .* from its last epoch/),
      });
      expect((await readTrainingState(blobs, run, dependencies.trust))?.state.checkpoint).toBe(digest);

      await assertUndisturbed(
        await train(
          { ...job, run },
          withGpu(() => undefined),
        ),
      );
      expect(taken).toEqual([
        expect.stringMatching(/^webgpu: took webgpu \(.+\)/),
        expect.stringMatching(/^wasm: took wasm .*webgpu not taken again: the GPU was lost/),
      ]);
    });
  });

  it('takes nothing from a state that it has not signed: who writes to the store plants no weights', async () => {
    const { blobs, trust } = dependencies;
    const known = await readTrainingState(blobs, job.run, trust);
    if (known === undefined) throw new Error('the stopped run has no state');
    const another = await trustOf('another');
    await writeTrainingState(blobs, 'planted', known.state, another);
    expect(await readTrainingState(blobs, 'planted', trust)).toBeUndefined();
    const { identity } = another;
    const accepting = { ...trust, accepted: [identityFingerprint(identity.publicKey)] };
    expect((await readTrainingState(blobs, 'planted', accepting))?.state).toEqual(known.state);
    // Signed by this worker, for another run, or of other weights.
    const kept = await blobs.getRef(`training/${job.run}`);
    await blobs.setRef('training/moved', kept ?? '');
    expect(await readTrainingState(blobs, 'moved', trust)).toBeUndefined();
    const changed = (kept ?? '').replace(known.state.checkpoint, 'e'.repeat(64));
    await blobs.setRef('training/changed', changed);
    expect(await readTrainingState(blobs, 'changed', trust)).toBeUndefined();
  });

  it('that is stopped goes on from its last checkpoint and ends with the same weights', async () => {
    expect(announced).toEqual([1]);
    const resumed = await train(job, { ...dependencies, onCheckpoint: ({ epoch }) => announced.push(epoch) });
    // The first epoch is announced again, so that its evaluation cannot be lost; the other is new.
    expect(announced).toEqual([1, 1, 2]);
    await assertUndisturbed(resumed);
  });
});
