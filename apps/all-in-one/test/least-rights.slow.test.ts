import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlobStore, openBlobStore } from '@ciphernet/blobs';
import { loadConfiguration } from '@ciphernet/configuration';
import {
  type CliResult,
  type TestRedis,
  type TestS3,
  cliProcesses,
  hasRedisServer,
  runCli,
  s3Url,
  startRedis,
  startS3,
  temporaryFolder,
} from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { type PolicyProxy, type StorePolicy, startPolicyProxy } from './policy-proxy.js';

const suite = hasRedisServer() ? describe : describe.skip;
const PARTIES = ['owner', 'worker', 'operator'] as const;
type Party = (typeof PARTIES)[number];
const docker = new URL('../../../docker/', import.meta.url);
const secretOf = (party: Party): string => `${party}-secret`;

suite('each party with rights of its own, as docker/ gives them', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let redis: TestRedis;
  let store: TestS3;
  let proxy: PolicyProxy;
  let environments: Record<Party, NodeJS.ProcessEnv>;
  let processes: ReturnType<typeof cliProcesses>[];

  beforeAll(async () => {
    folder = await temporaryFolder();
    const template = await readFile(new URL('redis/users.acl', docker), 'utf8');
    const acl = join(folder.path, 'users.acl');
    const filled = template.replace(/\$([A-Z]+)_REDIS_PASSWORD/g, (_, name: string) =>
      secretOf(name.toLowerCase() as Party),
    );
    await writeFile(acl, filled);
    redis = await startRedis({ args: ['--aclfile', acl] });

    store = await startS3(folder.path);
    for (const party of PARTIES) store.addKey(party, secretOf(party));
    const policies: Record<string, StorePolicy> = {};
    for (const party of PARTIES) {
      policies[party] = JSON.parse(await readFile(new URL(`store/${party}.json`, docker), 'utf8')) as StorePolicy;
    }
    proxy = await startPolicyProxy(store.endpoint, policies);
    const environmentOf = (party: Party): NodeJS.ProcessEnv => ({
      REDIS_URL: `redis://${party}:${secretOf(party)}@127.0.0.1:${redis.port}`,
      BLOB_URL: s3Url(proxy.url),
      AWS_ACCESS_KEY_ID: party,
      AWS_SECRET_ACCESS_KEY: secretOf(party),
      CIPHERNET_DATA: join(folder.path, party),
    });
    environments = {
      owner: environmentOf('owner'),
      worker: environmentOf('worker'),
      operator: environmentOf('operator'),
    };
    processes = PARTIES.map((party) => cliProcesses(environments[party]));
  });

  afterAll(async () => {
    for (const started of processes) started[Symbol.dispose]();
    await proxy[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('lets an evaluation through from training to the report, and nobody is refused anything', async () => {
    const [owner, worker, operator] = processes;
    await worker!.start(['worker'], 'worker on');
    await owner!.start(['collector'], 'collector on');
    await operator!.start(['dashboard', '--port', '0'], 'http');
    const json = async <T>(party: Party, args: readonly string[]): Promise<T> => {
      const result: CliResult = await runCli([...args, '--json'], environments[party]);
      expect([result.stderr, result.code]).toEqual([result.stderr, 0]);
      return JSON.parse(result.stdout) as T;
    };
    const { model } = await json<{ model: string }>('worker', ['model', 'train', 'mlp', '--epochs', '1']);
    await runCli(['keys', 'create', '--profile', 'one-square'], environments.owner);
    const encrypt = ['dataset', 'encrypt', 'mnist', '--images', '300', '--profile', 'one-square'];
    const { dataset } = await json<{ dataset: string }>('owner', encrypt);
    const enqueue = ['enqueue', '--dataset', dataset, '--model', model, '--no-compare'];
    const { evaluation } = await json<{ evaluation: string }>('owner', enqueue);
    expect((await runCli(['report', evaluation], environments.owner)).stdout).toMatch(/accuracy/);
    expect(proxy.refused).toEqual([]);
  });

  it.each<[Party, readonly string[]]>([
    ['worker', ['FLUSHALL']],
    ['worker', ['CONFIG', 'GET', '*']],
    ['worker', ['KEYS', '*']],
    ['worker', ['CLIENT', 'LIST']],
    ['worker', ['ACL', 'LIST']],
    ['worker', ['SCRIPT', 'FLUSH']],
    ['worker', ['GET', 'elsewhere']],
    ['worker', ['SET', 'ciphernet:other:1', 'x']],
    ['worker', ['PUBLISH', 'news', 'x']],
    ['operator', ['CONFIG', 'SET', 'maxmemory', '1']],
    ['operator', ['SET', 'elsewhere', 'x']],
    ['owner', ['SHUTDOWN']],
    ['owner', ['MONITOR']],
  ])('Redis refuses the %s %j', async (party, [command = '', ...args]) => {
    const client = new Redis(environments[party]['REDIS_URL'] ?? '', { retryStrategy: () => null });
    try {
      await expect(client.call(command, ...args)).rejects.toThrow(/NOPERM/);
    } finally {
      client.disconnect();
    }
  });

  it('Redis refuses whoever has no name', async () => {
    const client = new Redis(redis.url, { retryStrategy: () => null, lazyConnect: true });
    client.on('error', () => undefined);
    await expect(client.connect().then(() => client.get('x'))).rejects.toThrow(/NOAUTH|NOPERM|closed/);
    client.disconnect();
  });

  it.each<[Party, string]>([
    ['worker', 'datasets/x'],
    ['worker', 'published/eval-x'],
    ['operator', 'results/x'],
    ['operator', 'models/x'],
    ['owner', 'results/x'],
    ['owner', 'compiled/x'],
  ])('the store refuses the %s to write %s', async (party, name) => {
    const blobs = await storeAs(party);
    await expect(blobs.setRef(name, '{}')).rejects.toThrow(/refuses|denied|access|allowed/i);
    expect(proxy.refused.at(-1)).toContain(`${party} s3:PutObject arn:aws:s3:::ciphernet/refs/${name}`);
  });

  it('the store refuses the worker to read what was published, and the operator to write a blob', async () => {
    const worker = await storeAs('worker');
    await expect(worker.getRef('published/eval-x')).rejects.toThrow();
    const operator = await storeAs('operator');
    await expect(operator.put(Uint8Array.of(1, 2, 3))).rejects.toThrow();
  });

  /** The SDK takes credentials from the environment when a client is first used, which opening does. */
  async function storeAs(party: Party): Promise<BlobStore> {
    process.env['AWS_ACCESS_KEY_ID'] = party;
    process.env['AWS_SECRET_ACCESS_KEY'] = secretOf(party);
    return openBlobStore(loadConfiguration(environments[party]));
  }
});
