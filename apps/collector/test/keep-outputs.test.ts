import { join } from 'node:path';
import { openOutputs } from '@ciphernet/owner-records';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseChildren } from '../src/audits.js';
import { type CollectDependencies, type Collected, collect, gather } from '../src/collect.js';
import { startDecryptionChild } from '../src/decryption-child.js';
import { type Evaluated, createEvaluated } from './evaluated.js';

const PASSPHRASE = 'correct horse';
let evaluated: Evaluated;
beforeAll(async () => {
  evaluated = await createEvaluated();
});
afterAll(async () => evaluated[Symbol.asyncDispose]());

/** Without the comparison with the model, which changes nothing of what is kept. */
async function collected(more: Partial<CollectDependencies>): Promise<Collected> {
  const { results, blobs, dependencies } = evaluated;
  const job = { ...evaluated.job, compare: false };
  const gathered = await gather(job, parseChildren({ ...job, audit: false }, results), [], blobs);
  return collect(gathered, { ...dependencies, ...more });
}

describe('outputs of an evaluation', () => {
  it('are not kept unless the owner says so', async () => {
    expect(await collected({ passphrase: PASSPHRASE })).not.toHaveProperty('outputs');
  });

  it('are kept sealed, and give the report’s decisions when they are opened', async () => {
    const { report, outputs } = await collected({ keepOutputs: true, passphrase: PASSPHRASE });
    const kept = await openOutputs(outputs!, PASSPHRASE, 'test');
    const { job, labels } = evaluated;
    expect(kept).toMatchObject({
      evaluation: 'eval-test',
      dataset: job.manifest,
      model: job.model,
      task: { kind: 'multiclass', classes: 2 },
      width: 2,
      count: 4098,
    });
    let right = 0;
    labels.forEach((label, i) => {
      const decision = kept.outputs[2 * i + 1]! > kept.outputs[2 * i]! ? 1 : 0;
      if (decision === label) right++;
    });
    expect(right / labels.length).toBe(report.accuracy.encrypted);
    expect(JSON.stringify(report)).not.toContain(String(kept.outputs[0]));
  });

  it('are not kept without a passphrase, and the reason is said', async () => {
    await expect(collected({ keepOutputs: true })).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/under a passphrase only.*keepOutputs/),
    });
  });

  it('come from the process that decrypts as a sealed file', async () => {
    const { results, blobs, dependencies, folder } = evaluated;
    const job = { ...evaluated.job, compare: false };
    const { recordsFolder, datasetFolders, audits, workers } = dependencies;
    const place = { blobUrl: undefined, blobFolder: join(folder, 'blobs'), blobCache: undefined };
    const task = {
      gathered: await gather(job, parseChildren({ ...job, audit: false }, results), [], blobs),
      owner: { ...place, recordsFolder, datasetFolders, passphrase: PASSPHRASE },
      audits,
      workers,
    };
    const child = startDecryptionChild();
    const { outputs } = await child.collect({ ...task, keepOutputs: true });
    expect((await openOutputs(outputs!, PASSPHRASE, 'test')).count).toBe(4098);
    expect(await child.collect(task)).not.toHaveProperty('outputs');
  });
});
