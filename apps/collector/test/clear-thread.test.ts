import { join } from 'node:path';
import { compiledToBytes, dequantise, evaluateCircuit } from '@ciphernet/compiler';
import { compileForDataset, loadModel } from '@ciphernet/models';
import { readDatasetRecord } from '@ciphernet/owner-records';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CollectTask } from '../src/child-messages.js';
import { startClearThread } from '../src/clear-thread.js';
import type { ClearTask, ClearWatch } from '../src/in-clear.js';
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

const watch = (change: Partial<ClearWatch> = {}): ClearWatch => ({
  signal: new AbortController().signal,
  onProgress: () => undefined,
  ...change,
});

describe('the thread that evaluates in the clear', () => {
  it('gives what model and circuit give here, and tells how far it is', async () => {
    const done: number[] = [];
    const evaluate = startClearThread()(owner);
    const outputs = await evaluate(task, watch({ onProgress: (count) => done.push(count) }));
    const model = await loadModel(evaluated.blobs, task.model);
    const { circuit } = compileForDataset(model, evaluated.manifest);
    const features = Float32Array.from(evaluated.images, (value) => value / 255);
    expect(outputs.quantised).toEqual(evaluateCircuit(dequantise(circuit), features));
    expect(outputs.plain).toEqual(Float64Array.from(await model.plain.evaluate(features)));
    expect(done.at(-1)).toBe(4098);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  it('stops one that is not waited for any more, and does the next, which was asked for meanwhile', async () => {
    const evaluate = startClearThread()(owner);
    const ended = new AbortController();
    const stopped = evaluate(task, watch({ signal: ended.signal, onProgress: () => ended.abort() }));
    const next = evaluate(task, watch());
    await expect(stopped).rejects.toThrow(/abort/i);
    expect((await next).plain).toHaveLength(2 * 4098);
  });

  it('gives errors as what they are, and stays for the next', async () => {
    const evaluate = startClearThread()(owner);
    await expect(evaluate({ ...task, model: 'ab'.repeat(32) }, watch())).rejects.toMatchObject({
      name: 'IntegrityError',
    });
    expect((await evaluate(task, watch())).quantised).toHaveLength(2 * 4098);
  });
});
