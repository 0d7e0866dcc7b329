import { join } from 'node:path';
import type { BatchHeader } from '@ciphernet/artifacts';
import { compiledToBytes, dequantise, evaluateCircuit } from '@ciphernet/compiler';
import { UnavailableError } from '@ciphernet/foundation';
import { compileForDataset, loadModel } from '@ciphernet/models';
import { readDatasetRecord } from '@ciphernet/owner-records';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ForgedResult } from '../src/answers.js';
import { parseChildren } from '../src/audits.js';
import type { CollectTask } from '../src/child-messages.js';
import { createClearThread } from '../src/clear-thread.js';
import { type Gathered, collect, gather } from '../src/collect.js';
import {
  type ClearOutputs,
  type ClearTask,
  type EvaluateElsewhere,
  type OnClearProgress,
  ThreadEnded,
} from '../src/in-clear.js';
import { type Evaluated, createEvaluated } from './evaluated.js';

let evaluated: Evaluated;
let task: ClearTask;
let compiled: Uint8Array;
let owner: CollectTask['owner'];
beforeAll(async () => {
  evaluated = await createEvaluated();
  const { blobs, dependencies, folder, job, manifest } = evaluated;
  const { recordsFolder, datasetFolders, passphrase } = dependencies;
  owner = {
    ...{ blobUrl: undefined, blobFolder: join(folder, 'blobs'), blobCache: undefined },
    ...{ recordsFolder, datasetFolders, passphrase },
  };
  compiled = compiledToBytes(compileForDataset(await loadModel(blobs, job.model), manifest));
  task = { model: job.model, record: await readDatasetRecord(recordsFolder, job.manifest), manifest };
});
afterAll(async () => evaluated[Symbol.asyncDispose]());

const ignore = (): void => undefined;

const run = (evaluate: EvaluateElsewhere, asked = task, onProgress: OnClearProgress = ignore): Promise<ClearOutputs> =>
  evaluate(asked).evaluate(compiled, onProgress);

/** The evaluation, one of its results with another header where one is given. */
async function gathered(change?: Partial<BatchHeader>): Promise<Gathered> {
  const { batches, blobs, job } = evaluated;
  const { header, residues } = batches[0]!;
  const results =
    change === undefined
      ? evaluated.results
      : await evaluated.replace(0, { header: { ...header, ...change }, residues });
  return gather(job, parseChildren(job, results), [], blobs);
}

describe('the thread that evaluates in the clear', () => {
  it('gives what model and circuit give here, and tells how far it is', async () => {
    const done: number[] = [];
    const outputs = await run(createClearThread().for(owner), task, (count) => done.push(count));
    const model = await loadModel(evaluated.blobs, task.model);
    expect(outputs.runtime).toBe('float network');
    const { circuit } = compileForDataset(model, evaluated.manifest);
    const features = Float32Array.from(evaluated.images, (value) => value / 255);
    expect(outputs.quantised).toEqual(evaluateCircuit(dequantise(circuit), features));
    expect(outputs.plain).toEqual(Float64Array.from(await model.plain.evaluate(features)));
    expect(done.at(-1)).toBe(4098);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  it('keeps what it is asked apart: one that was given up makes way, and the next is answered', async () => {
    const evaluate = createClearThread().for(owner);
    await evaluate(task).loaded;
    await expect(evaluate({ ...task, model: 'ab'.repeat(32) }).loaded).rejects.toMatchObject({
      name: 'IntegrityError',
    });
    expect((await run(evaluate)).plain).toHaveLength(2 * 4098);
  });

  it('ends, and what it was asked for is evaluated here: the report is there', async () => {
    const thread = createClearThread();
    const evaluate = thread.for(owner);
    const asked = evaluate(task);
    await asked.loaded;
    const outputs = asked.evaluate(compiled, ignore);
    await Promise.all([expect(outputs).rejects.toBeInstanceOf(ThreadEnded), thread[Symbol.asyncDispose]()]);
    // The next has a thread of its own.
    expect((await run(evaluate)).plain).toHaveLength(2 * 4098);
    const ended = (): Promise<never> => Promise.reject(new ThreadEnded('ended'));
    for (const loaded of [ended(), Promise.resolve()]) {
      const { report } = await collect(await gathered(), {
        ...evaluated.dependencies,
        evaluateElsewhere: () => ({ loaded, evaluate: ended }),
      });
      expect(report.checks).toContain('comparison');
    }
  });

  it('is waited for where decryption fails: refused evaluations take what accepted ones do', async () => {
    let isDone = false;
    const evaluate = createClearThread().for(owner);
    const noted: EvaluateElsewhere = (asked) => {
      const { loaded, evaluate: outputs } = evaluate(asked);
      return { loaded, evaluate: (...given) => outputs(...given).finally(() => (isDone = true)) };
    };
    const forged = collect(await gathered({ scale: 1 }), { ...evaluated.dependencies, evaluateElsewhere: noted });
    await expect(forged).rejects.toBeInstanceOf(ForgedResult);
    expect(isDone).toBe(true);
  });

  it.each<[string, Partial<BatchHeader> | undefined, number]>([
    ['is accepted', undefined, 0],
    ['is forged', { scale: 1 }, 0],
    ['is of a dataset that is locked', undefined, 3],
  ])(
    'tells of a store that does not answer before anything is decrypted, whether a result %s',
    async (_what, change, forgeries) => {
      const { dependencies, job } = evaluated;
      const quarantine = { ...dependencies.workers.quarantine, forgeries: { [job.manifest]: forgeries } };
      const unavailable = (): Promise<never> => Promise.reject(new UnavailableError('no answer'));
      const outcome = collect(await gathered(change), {
        ...dependencies,
        workers: { ...dependencies.workers, quarantine },
        evaluateElsewhere: () => ({ loaded: unavailable(), evaluate: unavailable }),
      });
      await expect(outcome).rejects.toMatchObject({ name: 'UnavailableError' });
    },
  );

  it('gives errors as what they are, and stays for the next', async () => {
    const evaluate = createClearThread().for(owner);
    await expect(run(evaluate, { ...task, model: 'ab'.repeat(32) })).rejects.toMatchObject({
      name: 'IntegrityError',
    });
    expect((await run(evaluate)).quantised).toHaveLength(2 * 4098);
  });
});
