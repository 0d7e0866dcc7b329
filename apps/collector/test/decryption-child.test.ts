import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ForgedResult } from '../src/answers.js';
import { parseChildren } from '../src/audits.js';
import type { CollectTask } from '../src/child-messages.js';
import { gather } from '../src/collect.js';
import { startDecryptionChild } from '../src/decryption-child.js';
import { type Evaluated, createEvaluated } from './evaluated.js';

let evaluated: Evaluated;
let task: CollectTask;
beforeAll(async () => {
  evaluated = await createEvaluated();
  const { job, results, dependencies, folder } = evaluated;
  const { recordsFolder, datasetFolders, passphrase, audits, workers } = dependencies;
  const owner = { blobUrl: undefined, blobFolder: join(folder, 'blobs'), blobCache: undefined };
  task = {
    gathered: await gather(job, parseChildren(job, results), [], dependencies.blobs),
    owner: { ...owner, recordsFolder, datasetFolders, passphrase },
    audits,
    workers,
  };
});
afterAll(async () => evaluated[Symbol.asyncDispose]());

describe('the child that decrypts', () => {
  it('gives the report, tells how far it is, and stays for the next evaluation', async () => {
    const child = startDecryptionChild();
    const stages = new Set<string>();
    const { report } = await child.collect(task, ({ stage }) => stages.add(stage));
    expect(report).toMatchObject({ evaluation: 'eval-test', images: 4098 });
    expect([...stages]).toEqual(['decrypt', 'compare']);
    const started = performance.now();
    await child.collect(task);
    // Warm: neither SEAL nor the modules are loaded again.
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('gives errors as what they are, and a forged result with its shards', async () => {
    const child = startDecryptionChild();
    const missing = { ...task, owner: { ...task.owner, recordsFolder: join(evaluated.folder, 'elsewhere') } };
    await expect(child.collect(missing)).rejects.toMatchObject({ name: 'InputError' });
    const { header, residues } = evaluated.batches[1]!;
    // Zero logits: within the bound, and not the model's.
    const results = await evaluated.replace(1, { header, residues: new Uint32Array(residues.length) });
    const gathered = await gather(evaluated.job, parseChildren(evaluated.job, results), [], evaluated.blobs);
    const error = await child.collect({ ...task, gathered }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ForgedResult);
    expect((error as ForgedResult).shards).toEqual([1]);
  });

  it('is ended when it takes too long or too much, and the next evaluation has a new one', async () => {
    const hasty = startDecryptionChild({ baseMs: 1, slotMs: 0, mostBytes: 2 ** 40 });
    await expect(hasty.collect(task)).rejects.toThrow(/decrypting was ended: it took longer than 0.001 s/);
    await expect(hasty.collect(task)).rejects.toThrow(/took longer/);
    const small = startDecryptionChild({ baseMs: 60_000, slotMs: 0, mostBytes: 2 ** 20 });
    await expect(small.collect(task)).rejects.toThrow(/took more than 1 MiB|ended by itself/);
  });
});
