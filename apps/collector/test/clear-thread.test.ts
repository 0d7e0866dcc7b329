import { join } from 'node:path';
import { compiledToBytes, dequantise, evaluateCircuit } from '@ciphernet/compiler';
import { compileForDataset, loadModel } from '@ciphernet/models';
import { readDatasetRecord } from '@ciphernet/owner-records';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ForgedResult } from '../src/answers.js';
import { parseChildren } from '../src/audits.js';
import type { CollectTask } from '../src/child-messages.js';
import { createClearThread } from '../src/clear-thread.js';
import { collect, gather } from '../src/collect.js';
import { type ClearTask, ThreadEnded } from '../src/in-clear.js';
import { type Evaluated, createEvaluated } from './evaluated.js';

let evaluated: Evaluated;
let task: ClearTask;
let owner: CollectTask['owner'];
beforeAll(async () => {
  evaluated = await createEvaluated();
  const { blobs, dependencies, folder, job, manifest } = evaluated;
  const { recordsFolder, datasetFolders, passphrase } = dependencies;
  owner = {
    ...{ blobUrl: undefined, blobFolder: join(folder, 'blobs'), blobCache: undefined },
    ...{ recordsFolder, datasetFolders, passphrase },
  };
  const compiled = compiledToBytes(compileForDataset(await loadModel(blobs, job.model), manifest));
  task = { model: job.model, compiled, record: await readDatasetRecord(recordsFolder, job.manifest), manifest };
});
afterAll(async () => evaluated[Symbol.asyncDispose]());

const ignore = (): void => undefined;

describe('the thread that evaluates in the clear', () => {
  it('gives what model and circuit give here, and tells how far it is', async () => {
    const done: number[] = [];
    const outputs = await createClearThread().for(owner)(task, (count) => done.push(count));
    const model = await loadModel(evaluated.blobs, task.model);
    const { circuit } = compileForDataset(model, evaluated.manifest);
    const features = Float32Array.from(evaluated.images, (value) => value / 255);
    expect(outputs.quantised).toEqual(evaluateCircuit(dequantise(circuit), features));
    expect(outputs.plain).toEqual(Float64Array.from(await model.plain.evaluate(features)));
    expect(done.at(-1)).toBe(4098);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  it('does one after another, and keeps their answers apart', async () => {
    const evaluate = createClearThread().for(owner);
    const [one, failed, other] = await Promise.allSettled([
      evaluate(task, ignore),
      evaluate({ ...task, model: 'ab'.repeat(32) }, ignore),
      evaluate(task, ignore),
    ]);
    expect(failed).toMatchObject({ status: 'rejected', reason: { name: 'IntegrityError' } });
    expect(one.status === 'fulfilled' && other.status === 'fulfilled').toBe(true);
  });

  it('ends, and what it was asked for is evaluated here: the report is there', async () => {
    const thread = createClearThread();
    const evaluate = thread.for(owner);
    const asked = evaluate(task, ignore);
    await thread.start().terminate();
    await expect(asked).rejects.toBeInstanceOf(ThreadEnded);
    // The next has a thread of its own.
    expect((await evaluate(task, ignore)).plain).toHaveLength(2 * 4098);
    const { dependencies, job, results, blobs } = evaluated;
    const gathered = await gather(job, parseChildren(job, results), [], blobs);
    const lost = (): Promise<never> => Promise.reject(new ThreadEnded('ended'));
    const { report } = await collect(gathered, { ...dependencies, evaluateElsewhere: lost });
    expect(report.checks).toContain('comparison');
  });

  it('is waited for where decryption fails: refused and accepted evaluations ask the store for the same', async () => {
    const { dependencies, job, blobs, batches } = evaluated;
    const { header, residues } = batches[0]!;
    const results = await evaluated.replace(0, { header: { ...header, scale: 1 }, residues });
    const gathered = await gather(job, parseChildren(job, results), [], blobs);
    let isDone = false;
    const evaluate = createClearThread().for(owner);
    const noted = (...asked: Parameters<typeof evaluate>): ReturnType<typeof evaluate> =>
      evaluate(...asked).finally(() => (isDone = true));
    await expect(collect(gathered, { ...dependencies, evaluateElsewhere: noted })).rejects.toBeInstanceOf(ForgedResult);
    expect(isDone).toBe(true);
  });

  it('gives errors as what they are, and stays for the next', async () => {
    const evaluate = createClearThread().for(owner);
    await expect(evaluate({ ...task, model: 'ab'.repeat(32) }, ignore)).rejects.toMatchObject({
      name: 'IntegrityError',
    });
    expect((await evaluate(task, ignore)).quantised).toHaveLength(2 * 4098);
  });
});
