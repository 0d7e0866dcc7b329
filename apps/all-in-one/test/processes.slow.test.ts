import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Report, reportSchema } from '@ciphernet/report';
import { cliProcesses, hasRedisServer, runCli, startRedis, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const suite = hasRedisServer() ? describe : describe.skip;

suite('several processes on Redis', () => {
  it('end in a whole, right report, also when a worker is killed half-way', async () => {
    await using folder = await temporaryFolder();
    await using redis = await startRedis();
    const env = { CIPHERNET_DATA: folder.path, REDIS_URL: redis.url, CIPHERNET_PASSPHRASE: 'correct horse' };
    // The workers' environment holds no passphrase: they never need it.
    const { CIPHERNET_PASSPHRASE: _secret, ...workerEnv } = env;
    using workers = cliProcesses(workerEnv);
    using owners = cliProcesses(env);
    const doomed = await workers.start(['worker', '--concurrency', '1'], 'worker on');
    // Which engine it takes, and why, is said before it takes jobs.
    await workers.start(['worker', '--concurrency', '1'], 'engine ');
    await owners.start(['collector'], 'collector on');
    const trained = await runCli(['model', 'train', 'reference', '--epochs', '3', '--json'], env);
    expect(trained.code).toBe(0);
    const { model } = JSON.parse(trained.stdout) as { model: string };
    expect((await runCli(['keys', 'create'], env)).code).toBe(0);
    const encrypted = await runCli(['dataset', 'encrypt', 'mnist', '--json'], env);
    expect([encrypted.stderr, encrypted.code]).toEqual([encrypted.stderr, 0]);
    const { dataset } = JSON.parse(encrypted.stdout) as { dataset: string };

    const enqueue = (engine: string): Promise<{ code: number | null; stdout: string; stderr: string }> =>
      runCli(['enqueue', '--dataset', dataset, '--model', model, '--engine', engine, '--json'], env);
    const report = async (stdout: string): Promise<Report> => {
      const { folder: path } = JSON.parse(stdout) as { folder: string };
      return reportSchema.parse(JSON.parse(await readFile(join(path, 'report.json'), 'utf8')));
    };

    const pending = enqueue('auto');
    // Half-way: the evaluation takes some seconds with one job a worker.
    await sleep(1200);
    doomed.kill('SIGKILL');
    await once(doomed, 'close');
    const killed = await pending;
    expect([killed.stderr, killed.code]).toEqual([killed.stderr, 0]);
    const first = await report(killed.stdout);
    expect(first.images).toBe(10_000);
    expect(first.accuracy.encrypted).toBeGreaterThan(0.97);
    expect(first.agreement).toBeGreaterThanOrEqual(0.9995);

    // Undisturbed, from the store: every shard's result is found, the figures are the same.
    const again = await report((await enqueue('auto')).stdout);
    expect(again.reusedShards).toBe(2);
    expect(again.confusion).toEqual(first.confusion);
  });
});
