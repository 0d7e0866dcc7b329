import { join } from 'node:path';
import { type Batch, rowOffset } from '@ciphernet/artifacts';
import { IntegrityError } from '@ciphernet/foundation';
import { readQuarantine, recordForgery, releaseWorker, unlockDataset } from '@ciphernet/owner-records';
import type { InferredResult } from '@ciphernet/queue';
import { temporaryFolder } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ForgedResult, signersOf } from '../src/answers.js';
import { parseChildren } from '../src/audits.js';
import { type CollectDependencies, collect, gather } from '../src/collect.js';
import { type Evaluated, createEvaluated } from './evaluated.js';

let evaluated: Evaluated;
beforeAll(async () => {
  evaluated = await createEvaluated();
});
afterAll(async () => evaluated[Symbol.asyncDispose]());

const collectAs = async (results: readonly InferredResult[], change: Partial<CollectDependencies> = {}) => {
  const { job, dependencies } = evaluated;
  const gathered = await gather(job, parseChildren(job, results), [], dependencies.blobs);
  return collect(gathered, { ...dependencies, ...change });
};

const refusalOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('what workers sign', () => {
  it.each([
    ['result', 'a'.repeat(64)],
    ['engine', 'simd-9'],
    ['compiled', 'b'.repeat(64)],
  ])('is held against what they return: another %s is refused', async (field, value) => {
    const changed = evaluated.results.map((result) => ({ ...result, [field]: value }));
    await expect(collectAs(changed)).rejects.toThrow(/a worker signed another answer/);
  });

  it('is of its evaluation, shard, dataset and model', async () => {
    const [first, second] = evaluated.results;
    const swapped = [
      { ...first!, signed: second!.signed },
      { ...second!, signed: first!.signed },
    ];
    await expect(collectAs(swapped)).rejects.toThrow(/a worker signed another answer/);
    const { job, results, dependencies } = evaluated;
    for (const change of [{ evaluation: 'eval-other' }, { model: 'c'.repeat(64) }]) {
      const gathered = await gather({ ...job, ...change }, parseChildren(job, results), [], dependencies.blobs);
      await expect(collect(gathered, dependencies)).rejects.toThrow(/a worker signed another answer/);
    }
  });

  it('needs its own signature', async () => {
    const changed = evaluated.results.map((result) => ({
      ...result,
      signed: { ...result.signed, signature: 'A'.repeat(86) },
    }));
    await expect(collectAs(changed)).rejects.toThrow(/signature is not that of the worker/);
  });

  it('comes from a worker that the policy names, where it names any', async () => {
    const { dependencies, worker } = evaluated;
    const named = { ...dependencies.workers, workers: [worker] };
    await expect(collectAs(evaluated.results, { workers: named })).resolves.toMatchObject({ report: { images: 4098 } });
    const others = { ...dependencies.workers, workers: ['d'.repeat(64)] };
    await expect(collectAs(evaluated.results, { workers: others })).rejects.toThrow(/policy does not name this worker/);
  });
});

/** The result of a shard with other values, each component what `value` gives of a position. */
function forged(batch: Batch, value: (position: number, prime: number) => number): Batch {
  const residues = batch.residues.slice();
  const { header } = batch;
  header.primes.forEach((prime, primeIndex) => {
    const at = rowOffset(header, primeIndex, 0, 0, 0);
    for (let i = 0; i < header.ringDegree; i++) residues[at + i] = value(i, prime);
  });
  return { header, residues };
}

/** All logits zero: within the bound, alike for twins, and not the model's. */
const zeros = (batch: Batch): Batch => ({ header: batch.header, residues: new Uint32Array(batch.residues.length) });
const noise = (batch: Batch): Batch => forged(batch, (i, prime) => (i * 7919) % prime);

describe('a worker whose result is forged', () => {
  it('is known by its signature, and the other shard’s is not blamed', async () => {
    const results = await evaluated.replace(1, zeros(evaluated.batches[1]!));
    const error = await refusalOf(collectAs(results));
    expect(error).toBeInstanceOf(ForgedResult);
    const { shards, reason } = error as ForgedResult;
    expect(shards).toEqual([1]);
    expect(reason).toMatchObject({ name: 'IntegrityError' });
    expect(signersOf(parseChildren(evaluated.job, results), shards)).toEqual([evaluated.worker]);
  });

  it('is found by twins too, where nobody holds the model', async () => {
    const results = await evaluated.replace(0, noise(evaluated.batches[0]!));
    const { job, dependencies } = evaluated;
    const blind = { ...job, compare: false };
    const gathered = await gather(blind, parseChildren(blind, results), [], dependencies.blobs);
    const error = await refusalOf(collect(gathered, dependencies));
    expect(error).toBeInstanceOf(ForgedResult);
    expect((error as ForgedResult).shards).toEqual([0]);
  });

  it('is not blamed where the data may be: a slot beyond the bound is refused, and nobody is caught', async () => {
    const results = await evaluated.replace(1, noise(evaluated.batches[1]!));
    const error = await refusalOf(collectAs(results));
    expect(error).not.toBeInstanceOf(ForgedResult);
    expect(error).toMatchObject({
      name: 'IntegrityError',
      message: expect.stringMatching(/beyond what the model can give/),
    });
  });

  it('is not blamed for what the store does: bytes that are not those it signed are refused, and nobody is caught', async () => {
    const { dependencies, results } = evaluated;
    const blobs = {
      ...dependencies.blobs,
      get: async (digest: string, most?: number) => {
        if (digest === results[1]?.result) throw new IntegrityError('a blob goes on beyond its end');
        return dependencies.blobs.get(digest, most);
      },
    };
    const error = await refusalOf(collectAs(results, { blobs }));
    expect(error).not.toBeInstanceOf(ForgedResult);
    expect(error).toMatchObject({ name: 'IntegrityError', message: 'a blob goes on beyond its end' });
  });

  it('goes into quarantine, from which its owner releases it; after three the dataset is locked', async () => {
    await using folder = await temporaryFolder();
    const consents = join(folder.path, 'consents');
    const { job, worker, dependencies, results } = evaluated;
    const policy = async () => ({ workers: [], lockAfter: 3, quarantine: await readQuarantine(consents) });
    const found = { dataset: job.manifest, evaluation: 'eval-test', workers: [worker] };
    await recordForgery(consents, found);
    await expect(collectAs(results, { workers: await policy() })).rejects.toThrow(
      /is in quarantine since \d{4}-.*caught in eval-test.*quarantine --release/,
    );
    await releaseWorker(consents, worker);
    await expect(collectAs(results, { workers: await policy() })).resolves.toMatchObject({ report: { images: 4098 } });
    await expect(releaseWorker(consents, worker)).rejects.toThrow(/no such worker/);

    for (let i = 0; i < 2; i++) await recordForgery(consents, { ...found, workers: [] });
    await expect(collectAs(results, { workers: await policy() })).rejects.toThrow(/locked: 3 results.*--unlock/);
    await unlockDataset(consents, job.manifest);
    await expect(collectAs(results, { workers: await policy() })).resolves.toMatchObject({ report: { images: 4098 } });
    expect(dependencies.workers.quarantine.workers).toEqual([]);
  });

  it('is refused without the store being asked for anything else than ever', async () => {
    const { dependencies, worker, results, job } = evaluated;
    const asked = async (workers: CollectDependencies['workers']): Promise<string[]> => {
      const names: string[] = [];
      const blobs = {
        ...dependencies.blobs,
        get: (digest: string, most?: number) => {
          names.push(digest);
          return dependencies.blobs.get(digest, most);
        },
      };
      await refusalOf(collectAs(results, { workers, blobs }));
      return names;
    };
    const caught = { worker, evaluation: 'eval-before', since: new Date(0).toISOString() };
    const { workers } = dependencies;
    const refused = await asked({ ...workers, quarantine: { ...workers.quarantine, workers: [caught] } });
    expect(refused).toEqual(await asked(workers));
    const locked = { ...workers.quarantine, forgeries: { [job.manifest]: 3 } };
    expect(await asked({ ...workers, quarantine: locked })).toEqual(refused);
  });
});
