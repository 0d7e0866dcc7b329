import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  cliProcesses,
  hasRedisServer,
  recordedModules,
  recordingArguments,
  runCli,
  startRedis,
  temporaryFolder,
  untilSays,
} from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';

const suite = hasRedisServer() ? describe : describe.skip;

/** Packages of the data owner: none of their files may be loaded by another party's process. */
const OWNERS = /\/(libs\/(keyring|owner-records|arrangement|disclosure)|apps\/(owner|producer|collector))\//;

const entry = (app: string): string => fileURLToPath(new URL(`../../${app}/dist/main.js`, import.meta.url));

/** Starts a party's own entry, recording what it and its threads load. */
async function startRecorded(
  app: string,
  args: readonly string[],
  ready: string,
  options: { readonly file: string; readonly env: NodeJS.ProcessEnv; readonly first?: readonly string[] },
): Promise<ChildProcess & Disposable> {
  const child = spawn(process.execPath, [...recordingArguments(), ...(options.first ?? []), entry(app), ...args], {
    env: { ...process.env, ...options.env, CIPHERNET_RECORD_MODULES: options.file },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await untilSays(child, ready);
  return Object.assign(child, { [Symbol.dispose]: () => void child.kill('SIGKILL') });
}

suite('a process of another party', () => {
  it('loads no module of the owner while it trains, evaluates and shows; a planted one is seen', async () => {
    await using folder = await temporaryFolder();
    await using redis = await startRedis();
    const env = { CIPHERNET_DATA: join(folder.path, 'data'), REDIS_URL: redis.url };
    const recorded = (name: string): string => join(folder.path, `${name}.txt`);
    using worker = await startRecorded('worker', ['worker'], 'worker on', { file: recorded('worker'), env });
    using dashboard = await startRecorded('operator', ['dashboard', '--port', '0'], 'dashboard on', {
      file: recorded('operator'),
      env,
    });
    using owner = cliProcesses(env);
    await owner.start(['collector'], 'collector on');
    const trained = await runCli(['model', 'train', 'mlp', '--epochs', '1', '--json'], env);
    const { model } = JSON.parse(trained.stdout) as { model: string };
    const profile = ['--profile', 'one-square'];
    expect((await runCli(['keys', 'create', ...profile], env)).code).toBe(0);
    const encrypted = await runCli(['dataset', 'encrypt', 'mnist', '--images', '50', ...profile, '--json'], env);
    const { dataset } = JSON.parse(encrypted.stdout) as { dataset: string };
    const done = await runCli(['enqueue', '--dataset', dataset, '--model', model], env);
    expect([done.stderr, done.code]).toEqual([done.stderr, 0]);
    expect([worker.exitCode, dashboard.exitCode]).toEqual([null, null]);

    const ofWorker = await recordedModules(recorded('worker'));
    // Its threads are recorded as well: they evaluate and train.
    for (const file of ['engines/dist/wasm/engine.js', 'training/dist/training.js', 'infer-processor.js']) {
      expect(ofWorker.some((url) => url.includes(file))).toBe(true);
    }
    // Nor what draws pictures: a worker needs figures only.
    expect(ofWorker.filter((url) => /\/(vega|vega-lite|@resvg)\//.test(url))).toEqual([]);
    const ofOperator = await recordedModules(recorded('operator'));
    expect(ofOperator.some((url) => url.includes('apps/dashboard/dist/server.js'))).toBe(true);
    expect([...ofWorker, ...ofOperator].filter((url) => OWNERS.test(url))).toEqual([]);

    const plant = join(folder.path, 'plant.mjs');
    const keyring = new URL('../../../libs/keyring/dist/index.js', import.meta.url).href;
    await writeFile(plant, `await import(${JSON.stringify(keyring)});`);
    using planted = await startRecorded('worker', ['worker'], 'worker on', {
      file: recorded('planted'),
      env,
      first: ['--import', plant],
    });
    expect(planted.exitCode).toBeNull();
    expect((await recordedModules(recorded('planted'))).filter((url) => OWNERS.test(url))).not.toEqual([]);
  });
});
