import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseBatch } from '@ciphernet/artifacts';
import { openBlobStore } from '@ciphernet/blobs';
import { loadDataset, takeExamples } from '@ciphernet/datasets';
import { createResultDecryptor, readSecretKey } from '@ciphernet/keyring';
import { readOutcome } from '@ciphernet/owner-records';
import { QUEUES, type QueueBackend, enqueueEvaluation, openQueueBackend } from '@ciphernet/queue';
import type { Report } from '@ciphernet/report';
import {
  type CliResult,
  S3_CREDENTIALS,
  type TestRedis,
  type TestS3,
  hasRedisServer,
  runCli,
  s3Url,
  startCli,
  startRedis,
  startS3,
  temporaryFolder,
  untilSays,
} from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LyingProxy, startLyingProxy } from './lying-proxy.js';
import { trainBriefly } from './small-model.js';

const suite = hasRedisServer() ? describe : describe.skip;
const IMAGES = 200;

/** A number in the forms in which it could have been written: eight bytes, four bytes, its first ten digits. */
function formsOf(value: number): [string, Buffer][] {
  return [
    ['a logit as a double', Buffer.from(Float64Array.of(value).buffer)],
    ['a logit as a float and its neighbour', Buffer.from(Float32Array.of(value, value).buffer)],
    ['a logit as text', Buffer.from(String(value).slice(0, 10))],
  ];
}

suite('a deployment on Redis and S3', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let redis: TestRedis;
  let store: TestS3;
  let proxy: LyingProxy;
  let backend: QueueBackend;
  let env: NodeJS.ProcessEnv;
  let workerEnv: NodeJS.ProcessEnv;
  let model: string;
  let dataset: string;
  let expected: Report;
  const processes: ChildProcess[] = [];
  let logs = '';

  const start = async (args: string[], environment: NodeJS.ProcessEnv, ready: string): Promise<ChildProcess> => {
    const child = startCli(args, environment);
    processes.push(child);
    child.stderr?.on('data', (chunk: Buffer) => (logs += chunk.toString('latin1')));
    await untilSays(child, ready);
    return child;
  };
  const enqueue = (...more: string[]): Promise<CliResult> =>
    runCli(['enqueue', '--dataset', dataset, '--model', model, '--fresh', '--json', ...more], env);
  const reportOf = async (evaluation: string): Promise<Report> => {
    const outcome = await readOutcome(join(folder.path, 'data', 'reports'), evaluation);
    if (outcome?.kind !== 'accepted') throw new Error(`no report of ${evaluation}`);
    return outcome.report;
  };
  const evaluated = async (result: CliResult): Promise<Report> => {
    expect([result.stderr, result.code]).toEqual([result.stderr, 0]);
    return reportOf((JSON.parse(result.stdout) as { evaluation: string }).evaluation);
  };

  beforeAll(async () => {
    Object.assign(process.env, S3_CREDENTIALS);
    folder = await temporaryFolder();
    redis = await startRedis();
    store = await startS3(folder.path);
    proxy = await startLyingProxy(store.endpoint);
    const base = { REDIS_URL: redis.url, CIPHERNET_DATA: join(folder.path, 'data'), ...S3_CREDENTIALS };
    env = { ...base, BLOB_URL: s3Url(store.endpoint, 'eval') };
    workerEnv = { ...base, BLOB_URL: s3Url(proxy.url, 'eval') };
    backend = await openQueueBackend({ redisUrl: redis.url, folder: folder.path, prefix: 'ciphernet' });
    await start(['worker', '--concurrency', '1'], workerEnv, 'worker on');
    // Two of them: which one takes an evaluation is chance, and each is collected once.
    await start(['collector'], env, 'collector on');
    await start(['collector'], env, 'collector on');
    const json = async <T>(args: string[]): Promise<T> => {
      const result = await runCli([...args, '--json'], env);
      expect([result.stderr, result.code]).toEqual([result.stderr, 0]);
      return JSON.parse(result.stdout) as T;
    };
    const blobs = await openBlobStore({ blobUrl: env['BLOB_URL'], blobFolder: folder.path });
    model = await trainBriefly(blobs, folder.path, 'mlp');
    expect((await runCli(['keys', 'create'], env)).code).toBe(0);
    ({ dataset } = await json<{ dataset: string }>(['dataset', 'encrypt', 'mnist', '--images', String(IMAGES)]));
    expected = await evaluated(await enqueue());
    expect(expected.images).toBe(IMAGES);
  });

  afterAll(async () => {
    for (const child of processes) child.kill('SIGKILL');
    await backend.close();
    await proxy[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  /** Some logits exactly as the collectors decrypted them, from the results in the store. */
  const decryptedLogits = async (keys: string): Promise<number[]> => {
    const blobs = await openBlobStore({ blobUrl: env['BLOB_URL'], blobFolder: folder.path });
    const names = await blobs.listRefs('results');
    expect(names.length).toBeGreaterThan(0);
    const signed = JSON.parse((await blobs.getRef(names[0] ?? '')) ?? '') as { statement: string };
    const { result } = JSON.parse(signed.statement) as { result: string };
    using decryptor = await createResultDecryptor(await readSecretKey(keys, undefined));
    const { values: logits } = decryptor.decrypt(parseBatch(await blobs.get(result), 'test'), 'test');
    // Twins and zeros besides the images.
    expect(logits.length).toBeGreaterThan(IMAGES * 10);
    return [0, 777, 1999].map((at) => logits[at] ?? NaN);
  };

  it('never uses bytes that its store has changed, and says which blob', async () => {
    const before = proxy.misdeeds();
    proxy.behave('lying');
    const result = await enqueue();
    proxy.behave('honest');
    expect(proxy.misdeeds()).toBeGreaterThan(before);
    expect([result.code, result.stderr]).not.toEqual([0, result.stderr]);
    expect(result.stderr + result.stdout).toMatch(/blob [0-9a-f]{64} holds other bytes/);
    expect((await evaluated(await enqueue())).confusion).toEqual(expected.confusion);
  });

  it('waits for a slow store', async () => {
    const before = proxy.misdeeds();
    proxy.behave('slow');
    const report = await evaluated(await enqueue());
    proxy.behave('honest');
    expect(proxy.misdeeds()).toBeGreaterThan(before);
    expect(report.confusion).toEqual(expected.confusion);
  });

  it('goes on when a store that failed answers again', async () => {
    const before = proxy.misdeeds();
    proxy.behave('failing');
    const pending = enqueue();
    while (proxy.misdeeds() < before + 3) await sleep(50);
    proxy.behave('honest');
    expect((await evaluated(await pending)).confusion).toEqual(expected.confusion);
  });

  it('goes on when Redis was gone for some seconds, with another Redis in its place that knows nothing', async () => {
    const other = await enqueue('--no-wait');
    expect(other.code).toBe(0);
    await redis.kill();
    await sleep(3000);
    await redis.start();
    // This Redis keeps no file: its jobs are gone, and what was connected to it must serve new ones.
    expect((await evaluated(await enqueue())).confusion).toEqual(expected.confusion);
  });

  it('evaluates once what is enqueued twice', async () => {
    const request = { manifest: dataset, model, engine: 'simd', shards: 1, compare: true, fresh: true };
    const ids = ['eval-twice', 'eval-twice', 'eval-twice'];
    await Promise.all(ids.map((id) => enqueueEvaluation(backend.flows(), id, request)));
    const job = await backend.queue(QUEUES.collect).getJob('eval-twice');
    await (job as { waitUntilFinished(events: unknown): Promise<unknown> }).waitUntilFinished(
      backend.events(QUEUES.collect),
    );
    await sleep(500);
    const shard = (await backend.queue(QUEUES.infer).getJob('eval-twice-shard-0')) as { attemptsStarted?: number };
    expect(shard.attemptsStarted).toBe(1);
    expect((await reportOf('eval-twice')).confusion).toEqual(expected.confusion);
  });

  it('ends a job that is no job at once, with its reason', async () => {
    const poison = await backend.queue(QUEUES.infer).add('infer', { evaluation: '../../etc', shard: -1 });
    // Asked until it has ended: a notice that is sent while listening begins is lost.
    const infer = backend.queue(QUEUES.infer);
    while (!(await poison.isFailed())) await sleep(100);
    expect((await infer.getJob(poison.id ?? '')) as object).toMatchObject({
      attemptsMade: 1,
      failedReason: expect.stringMatching(/InputError.*infer job/),
    });
  });

  it('has no secret key, label or logit in logs, queue or store', async () => {
    const folders = await readdir(join(folder.path, 'data', 'keys'), { recursive: true, withFileTypes: true });
    const file = folders.find((entry) => entry.isFile() && entry.name.includes('secret'));
    const key = await readFile(join(file?.parentPath ?? '', file?.name ?? ''));
    expect(key.length).toBeGreaterThan(10_000);
    const raw = Buffer.from((JSON.parse(key.toString('utf8')) as { key: string }).key, 'base64');
    const dump = join(folder.path, 'dump.rdb');
    execFileSync('redis-cli', ['-u', redis.url, 'config', 'set', 'rdbcompression', 'no'], { stdio: 'ignore' });
    execFileSync('redis-cli', ['-u', redis.url, '--rdb', dump], { stdio: 'ignore' });
    const seen: [string, Buffer][] = [
      ['logs', Buffer.from(logs, 'latin1')],
      ['queue', await readFile(dump)],
    ];
    for (const entry of await readdir(join(folder.path, 's3'), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) seen.push([entry.name, await readFile(join(entry.parentPath, entry.name))]);
    }
    const { labels } = takeExamples(
      await loadDataset('mnist', 'test', { cacheFolder: join(folder.path, 'data', 'cache') }),
      IMAGES,
    );
    const forbidden: [string, Buffer][] = [
      ...[0.2, 0.5, 0.8].map((at): [string, Buffer] => {
        const from = Math.floor(at * key.length);
        return ['the secret key', key.subarray(from, from + 48)];
      }),
      ['the secret key, decoded', raw.subarray(raw.length >> 1, (raw.length >> 1) + 48)],
      ['labels', Buffer.from(labels.subarray(0, 40))],
      ['labels as text', Buffer.from([...labels.subarray(0, 20)].join(','))],
      ...(await decryptedLogits(file?.parentPath ?? '')).flatMap(formsOf),
    ];
    // The evaluations are there: this test looks where they are.
    expect(seen[1]?.[1].includes('eval-twice')).toBe(true);
    expect(seen.length).toBeGreaterThan(10);
    for (const [where, bytes] of seen) {
      for (const [what, secret] of forbidden)
        expect([where, what, bytes.includes(secret)]).toEqual([where, what, false]);
    }
  });

  it('gives a job back, or finishes it, when its worker is asked to stop', async () => {
    const result = enqueue();
    const infer = backend.queue(QUEUES.infer);
    while ((await infer.getActiveCount()) === 0) await sleep(5);
    const [worker] = processes;
    worker?.kill('SIGTERM');
    const [code] = (await once(worker!, 'close')) as [number];
    expect(code).toBe(0);
    await start(['worker', '--concurrency', '1'], workerEnv, 'worker on');
    expect((await evaluated(await result)).confusion).toEqual(expected.confusion);
  });
});

function canMount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    execFileSync('umount', ['/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

(canMount() ? describe : describe.skip)('a full disk', () => {
  it('ends encryption with an error that says so, and leaves nothing half-written', async () => {
    await using folder = await temporaryFolder();
    const disk = join(folder.path, 'disk');
    await mkdir(disk);
    // Room for keys and a part of the 210 MB that a shard takes.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', disk]);
    try {
      const env = { CIPHERNET_DATA: disk };
      expect((await runCli(['keys', 'create'], env)).code).toBe(0);
      const cache = join(folder.path, 'datasets');
      await mkdir(cache);
      const result = await runCli(['dataset', 'encrypt', 'mnist', '--images', '100'], env);
      expect([result.code, result.stderr]).toEqual([5, expect.stringMatching(/ENOSPC.*disk is full/s)]);
      expect(await readdir(join(disk, 'store', 'partial'))).toEqual([]);
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});
