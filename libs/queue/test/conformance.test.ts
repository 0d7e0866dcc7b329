import { type TestRedis, hasRedisServer, startRedis, temporaryFolder } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UnrecoverableError } from 'bullmq';
import { type QueueBackend, openQueueBackend } from '../src/backend.js';
import { JOB_OPTIONS, enqueueEvaluation } from '../src/flow.js';
import { auditQueueOf } from '../src/jobs.js';

const digest = (character: string): string => character.repeat(64);

/** Jobs left anywhere in a queue besides the finished ones. */
async function unfinished(backend: QueueBackend, name: string): Promise<number> {
  const counts = await backend
    .queue(name)
    .getJobCounts('waiting', 'active', 'delayed', 'waiting-children', 'prioritized');
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function conformance(open: () => Promise<{ backend: QueueBackend; dispose: () => PromiseLike<void> }>): void {
  let backend: QueueBackend;
  let dispose: () => PromiseLike<void>;
  beforeAll(async () => {
    ({ backend, dispose } = await open());
  });
  afterAll(async () => {
    await backend.close();
    await dispose();
  });

  it('runs collect after every infer job of its flow, with their values', async () => {
    const events = backend.events('collect');
    await events.waitUntilReady();
    backend.worker('infer', async (job) => Promise.resolve((job.data as { shard: number }).shard * 10), {
      concurrency: 2,
    });
    backend.worker(
      'collect',
      async (job) => Object.values(await job.getChildrenValues<number>()).sort((a, b) => a - b),
      {},
    );
    const flows = backend.flows();
    const request = { manifest: digest('a'), model: digest('b'), engine: 'seal', shards: 4, compare: false };
    await enqueueEvaluation(flows, 'eval-flow', request);
    const job = await backend.queue('collect').getJob('eval-flow');
    expect(await job?.waitUntilFinished(events, 20_000)).toEqual([0, 10, 20, 30]);
    expect(await unfinished(backend, 'infer')).toBe(0);
    expect(await unfinished(backend, 'collect')).toBe(0);
  });

  it('runs audits of named auditors one after another, each with what the one before it returned', async () => {
    const [first, second] = [digest('1'), digest('2')];
    const events = backend.events('collect');
    await events.waitUntilReady();
    for (const auditor of [first, second]) {
      backend.worker(
        auditQueueOf(auditor),
        async (job) => [...Object.values(await job.getChildrenValues<unknown>()).flat(), auditor.slice(0, 1)],
        {},
      );
    }
    const request = { manifest: digest('a'), model: digest('b'), engine: 'seal', shards: 2, compare: false };
    await enqueueEvaluation(backend.flows(), 'eval-named', { ...request, audit: true, auditors: [first, second] });
    const job = await backend.queue('collect').getJob('eval-named');
    expect(await job?.waitUntilFinished(events, 20_000)).toEqual(
      expect.arrayContaining([
        [0, '1', '2'],
        [10, '1', '2'],
      ]),
    );
  });

  it('lets the parent run and see the reason when a child fails for good', async () => {
    const events = backend.events('parents');
    await events.waitUntilReady();
    backend.worker(
      'children',
      (job) => {
        if (job.name === 'bad') throw new UnrecoverableError('shard 1 is damaged');
        return Promise.resolve('fine');
      },
      {},
    );
    backend.worker('parents', async (job) => Object.values(await job.getIgnoredChildrenFailures()), {});
    const node = await backend.flows().add({
      name: 'parent',
      queueName: 'parents',
      data: {},
      children: ['good', 'bad'].map((name) => ({
        name,
        queueName: 'children',
        data: {},
        opts: { ...JOB_OPTIONS, ignoreDependencyOnFailure: true },
      })),
    });
    expect(await node.job.waitUntilFinished(events, 20_000)).toEqual([expect.stringContaining('shard 1 is damaged')]);
  });

  it('retries a job that failed for a passing reason', async () => {
    const events = backend.events('flaky');
    await events.waitUntilReady();
    let calls = 0;
    backend.worker('flaky', () => (++calls < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve(calls)), {});
    const job = await backend.queue('flaky').add('try', {}, { attempts: 3, backoff: { type: 'fixed', delay: 10 } });
    expect(await job.waitUntilFinished(events, 20_000)).toBe(3);
  });

  it('runs urgent jobs first', async () => {
    const order: string[] = [];
    const queue = backend.queue('priorities');
    await queue.add('later', {}, { priority: 10 });
    await queue.add('sooner', {}, { priority: 1 });
    await new Promise<void>((resolve) => {
      backend.worker(
        'priorities',
        (job) => {
          order.push(job.name);
          if (order.length === 2) resolve();
          return Promise.resolve();
        },
        {},
      );
    });
    expect(order).toEqual(['sooner', 'later']);
  });

  it('adds a job with a known id once', async () => {
    const queue = backend.queue('once');
    await queue.add('first', { n: 1 }, { jobId: 'eval-same' });
    await queue.add('second', { n: 2 }, { jobId: 'eval-same' });
    expect(await queue.getJobCountByTypes('waiting')).toBe(1);
  });

  it('passes progress on to the process that waits', async () => {
    const events = backend.events('progressing');
    await events.waitUntilReady();
    const seen = new Promise<unknown>((resolve) => events.on('progress', ({ data }) => resolve(data)));
    backend.worker('progressing', async (job) => job.updateProgress({ stage: 'infer', done: 1, total: 2 }), {});
    await backend.queue('progressing').add('go', {});
    expect(await seen).toEqual({ stage: 'infer', done: 1, total: 2 });
  });
}

describe('the embedded queue', () => {
  conformance(async () => {
    const folder = await temporaryFolder();
    const backend = await openQueueBackend({ folder: folder.path, prefix: 'test' });
    return { backend, dispose: () => folder[Symbol.asyncDispose]() };
  });
});

(hasRedisServer() ? describe : describe.skip)('the Redis queue', () => {
  conformance(async () => {
    const redis: TestRedis = await startRedis();
    const backend = await openQueueBackend({ redisUrl: redis.url, folder: '', prefix: 'test' });
    return { backend, dispose: () => redis[Symbol.asyncDispose]() };
  });

  it('refuses a Redis that evicts keys', async () => {
    await using redis = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
    await expect(openQueueBackend({ redisUrl: redis.url, folder: '', prefix: 'test' })).rejects.toThrow(/noeviction/);
  });
});

describe('opening a queue', () => {
  it('says so within seconds when Redis is not there, and not the password', async () => {
    const open = openQueueBackend({ redisUrl: 'redis://:secret@127.0.0.1:1', folder: '', prefix: 'test' });
    await expect(open).rejects.toThrow(/Redis does not answer \[redis:\/\/127.0.0.1:1\]/);
    await expect(open).rejects.not.toThrow(/secret/);
  });

  it('refuses a second owner of the embedded queue, and takes over from a dead one', async () => {
    await using folder = await temporaryFolder();
    const options = { folder: folder.path, prefix: 'test' };
    const first = await openQueueBackend(options);
    await expect(openQueueBackend(options)).rejects.toThrow(/owns the embedded queue/);
    await first.close();
    const { writeFile } = await import('node:fs/promises');
    // No process has this id: Linux's largest is 2^22.
    await writeFile(`${folder.path}/owner.pid`, '99999999');
    await (await openQueueBackend(options)).close();
  });
});
