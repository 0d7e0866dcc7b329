import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CliResult, cliProcesses, hasRedisServer, runCli, startRedis, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

const suite = hasRedisServer() ? describe : describe.skip;

/** Keys of the jobs of evaluations, and what is in one; most others are lists and sets. */
const JOB = /:(collect|infer|audit):eval-[0-9a-f]{12}[a-z0-9-]*$/;

/** Waits until two evaluations are in the queue, and changes all their jobs. */
async function changeJobs(redis: Redis, change: (data: Record<string, unknown>) => void): Promise<void> {
  for (;;) {
    const collects = (await redis.keys('*:collect:eval-*')).filter((key) => JOB.test(key));
    if (collects.length === 2) break;
    await sleep(100);
  }
  for (const key of await redis.keys('*eval-*')) {
    if (!JOB.test(key) || (await redis.type(key)) !== 'hash') continue;
    const data = JSON.parse((await redis.hget(key, 'data')) ?? '{}') as Record<string, unknown>;
    change(data);
    await redis.hset(key, 'data', JSON.stringify(data));
  }
}

suite('whoever writes to the queue', () => {
  it.each<[string, (data: Record<string, unknown>, models: readonly string[]) => void, RegExp]>([
    [
      'swaps the models of two evaluations',
      (data, [a, b]) => (data['model'] = data['model'] === a ? b : a),
      /not what was asked for: its model is another/,
    ],
    [
      'turns comparison off',
      (data) => {
        if ('compare' in data) data['compare'] = false;
      },
      /not what was asked for: its compare is another/,
    ],
  ])('%s, and nothing is reported', async (_what, change, message) => {
    await using folder = await temporaryFolder();
    await using server = await startRedis();
    const data = join(folder.path, 'owner');
    await mkdir(data, { recursive: true });
    const env = { CIPHERNET_DATA: data, REDIS_URL: server.url, CIPHERNET_PASSPHRASE: '' };
    const run = async (...args: string[]): Promise<CliResult> => runCli(args, env);
    const read = async <T>(...args: string[]): Promise<T> => JSON.parse((await run(...args, '--json')).stdout) as T;
    using trainer = cliProcesses(env);
    await trainer.start(['worker', '--roles', 'train'], 'worker on');
    const models: string[] = [];
    for (const seed of ['1', '2']) {
      const { model } = await read<{ model: string }>('model', 'train', 'mlp', '--epochs', '1', '--seed', seed);
      models.push(model);
    }
    trainer[Symbol.dispose]();
    await run('keys', 'create', '--profile', 'one-square');
    const encrypt = ['dataset', 'encrypt', 'mnist', '--images', '200', '--profile', 'one-square'];
    const { dataset } = await read<{ dataset: string }>(...encrypt);

    const asked = run('enqueue', '--dataset', dataset, '--model', ...models, '--json');
    const redis = new Redis(server.url);
    try {
      await changeJobs(redis, (job) => change(job, models));
    } finally {
      redis.disconnect();
    }
    using others = cliProcesses(env);
    await others.start(['worker', '--roles', 'infer,audit'], 'worker on');
    await others.start(['collector'], 'collector on');
    const { code, stdout } = await asked;
    expect(code).toBe(1);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(message);
  });
});
