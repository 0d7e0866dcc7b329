import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type ServerResponse, createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openBlobStore } from '@ciphernet/blobs';
import { readOutcome } from '@ciphernet/owner-records';
import { type QueueBackend, enqueueEvaluation, newEvaluationId, openQueueBackend } from '@ciphernet/queue';
import {
  S3_CREDENTIALS,
  type TestRedis,
  type TestS3,
  cliProcesses,
  hasRedisServer,
  runCli,
  s3Url,
  startCli,
  startRedis,
  startS3,
  temporaryFolder,
} from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ended } from './deployment.js';
import { storeTrainedModel } from './trained-model.js';

const suite = hasRedisServer() ? describe : describe.skip;
/** Results are larger than this, references and manifests smaller. */
const LARGE = 100_000;

type Behaviour = 'honest' | 'endless' | 'drip' | 'endless listing';

/** A store in front of an honest one, which sends without end, or hardly anything, or pages of names for ever. */
async function startHostileStore(target: string) {
  let behaviour: Behaviour = 'honest';
  let misdeeds = 0;
  const { hostname, port } = new URL(target);
  const flood = (outgoing: ServerResponse): void => {
    const chunk = Buffer.alloc(65_536, 7);
    const more = (): void => {
      while (!outgoing.destroyed && outgoing.write(chunk));
    };
    outgoing.on('drain', more);
    more();
  };
  const drip = (outgoing: ServerResponse, body: Buffer): void => {
    let at = 0;
    const timer = setInterval(() => {
      if (outgoing.destroyed || at >= body.length) return clearInterval(timer);
      outgoing.write(body.subarray(at, ++at));
    }, 500);
    outgoing.on('close', () => clearInterval(timer));
  };
  const server = createServer((incoming, outgoing) => {
    const { method, url: path = '', headers } = incoming;
    if (behaviour === 'endless listing' && path.includes('list-type=2')) {
      misdeeds++;
      outgoing.writeHead(200, { 'content-type': 'application/xml' });
      return void outgoing.end(
        `<?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t${misdeeds}</NextContinuationToken><Contents><Key>refs/datasets/${'a'.repeat(64)}</Key></Contents></ListBucketResult>`,
      );
    }
    const upstream = send({ hostname, port, method, path, headers }, (answer) => {
      const length = Number(answer.headers['content-length'] ?? 0);
      const isBad = method === 'GET' && length > LARGE && (behaviour === 'endless' || behaviour === 'drip');
      if (!isBad) {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        return void answer.pipe(outgoing);
      }
      misdeeds++;
      const { 'content-length': _length, ...rest } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, behaviour === 'drip' ? answer.headers : rest);
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const body = Buffer.concat(parts);
        if (behaviour === 'drip') return drip(outgoing, body);
        outgoing.write(body);
        flood(outgoing);
      });
    });
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behave: (next: Behaviour): void => {
      behaviour = next;
    },
    misdeeds: () => misdeeds,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

suite('a store that does not end, and a door that is knocked at', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let redis: TestRedis;
  let store: TestS3;
  let hostile: Awaited<ReturnType<typeof startHostileStore>>;
  let processes: ReturnType<typeof cliProcesses>;
  let backend: QueueBackend;
  let env: NodeJS.ProcessEnv;
  let hostileEnv: NodeJS.ProcessEnv;
  let dataset: string;
  let model: string;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    Object.assign(process.env, S3_CREDENTIALS);
    folder = await temporaryFolder();
    redis = await startRedis();
    store = await startS3(folder.path);
    hostile = await startHostileStore(store.endpoint);
    const base = { REDIS_URL: redis.url, CIPHERNET_DATA: join(folder.path, 'data'), ...S3_CREDENTIALS };
    env = { ...base, BLOB_URL: s3Url(store.endpoint) };
    hostileEnv = { ...base, BLOB_URL: s3Url(hostile.url) };
    processes = cliProcesses(env);
    await processes.start(['worker'], 'worker on');
    await processes.start(['collector'], 'collector on', hostileEnv);
    const json = async <T>(args: readonly string[]): Promise<T> => {
      const { code, stdout, stderr } = await runCli([...args, '--json'], env);
      expect([stderr, code]).toEqual([stderr, 0]);
      return JSON.parse(stdout) as T;
    };
    const blobs = await openBlobStore({ blobUrl: env['BLOB_URL'], blobFolder: folder.path });
    model = await storeTrainedModel(blobs, folder.path, 1);
    await runCli(['keys', 'create', '--profile', 'one-square'], env);
    const encrypt = ['dataset', 'encrypt', 'mnist', '--images', '120', '--profile', 'one-square'];
    ({ dataset } = await json<{ dataset: string }>(encrypt));
    await runCli(['allow', '--dataset', dataset, '--model', model], env);
    backend = await openQueueBackend({ redisUrl: redis.url, folder: folder.path, prefix: 'ciphernet' });
  });

  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL');
    processes[Symbol.dispose]();
    await backend.close();
    await hostile[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  /** @returns its address */
  async function startDashboard(environment: NodeJS.ProcessEnv): Promise<string> {
    const child = startCli(['dashboard', '--port', '0'], environment);
    started.push(child);
    let said = '';
    return new Promise((resolve, reject) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const url = /dashboard on (http:\/\/[^\s"]+)/.exec(said)?.[1];
        if (url !== undefined) resolve(url);
      });
      child.once('close', () => reject(new Error(said)));
    });
  }

  async function enqueue(): Promise<string> {
    const evaluation = newEvaluationId();
    const request = { manifest: dataset, shards: 1, model, engine: 'simd', compare: false, fresh: true };
    await enqueueEvaluation(backend.flows(), evaluation, request);
    return evaluation;
  }
  const outcomeOf = async (evaluation: string): Promise<string | undefined> => {
    const outcome = await readOutcome(join(folder.path, 'data', 'reports'), evaluation);
    return outcome?.kind === 'refused' ? outcome.error.message : outcome?.kind;
  };

  it('sends without end: the result is refused at its size, and the next evaluation comes through', async () => {
    hostile.behave('endless');
    const before = hostile.misdeeds();
    const evaluation = await enqueue();
    expect((await ended(backend, evaluation)).returnvalue).toBe('collected');
    expect(hostile.misdeeds()).toBeGreaterThan(before);
    expect(await outcomeOf(evaluation)).toMatch(/beyond its end|bytes/);
    hostile.behave('honest');
    const next = await enqueue();
    await ended(backend, next);
    expect(await outcomeOf(next)).toBe('accepted');
  });

  it('lists without end: the page says so, and the dashboard stays up', async () => {
    const url = await startDashboard(hostileEnv);
    hostile.behave('endless listing');
    const before = hostile.misdeeds();
    const page = await fetch(`${url}/published`);
    expect(page.status).toBeGreaterThanOrEqual(500);
    expect(hostile.misdeeds() - before).toBeLessThanOrEqual(1001);
    hostile.behave('honest');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/published`)).status).toBe(200);
  });

  it('sends a byte now and then: the collector gives up in a minute, and collects when the store is itself again', async () => {
    hostile.behave('drip');
    const before = hostile.misdeeds();
    const evaluation = await enqueue();
    const started = performance.now();
    while (hostile.misdeeds() === before) await new Promise((resolve) => setTimeout(resolve, 100));
    // Once it has begun to drip; whoever tries again meets an honest store.
    hostile.behave('honest');
    const job = await ended(backend, evaluation);
    expect(performance.now() - started).toBeLessThan(120_000);
    expect(job.returnvalue).toBe('collected');
    expect(await outcomeOf(evaluation)).toBe('accepted');
  }, 150_000);

  it('is no door for a guesser: the tenth guess is slowed, the hundredth a second later refused, and who knows the word gets in', async () => {
    const password = 'a long word that nobody guesses';
    const said = await startDashboard({ ...env, CIPHERNET_DASHBOARD_PASSWORD: password });
    const logIn = (word: string): Promise<Response> =>
      fetch(`${said}/login`, {
        method: 'POST',
        redirect: 'manual',
        headers: { origin: said, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ password: word }),
      });
    const started = performance.now();
    const flood = await Promise.all(Array.from({ length: 100 }, (_, i) => logIn(`guess ${i}`)));
    const heard = flood.filter(({ status }) => status === 401).length;
    expect(flood.every(({ status }) => status === 401 || status === 429)).toBe(true);
    expect(heard).toBeLessThan(40);
    expect(performance.now() - started).toBeGreaterThan(1500);
    expect((await logIn(password)).status).toBe(303);
  });
});
