import { join } from 'node:path';
import { loadModel, modelBlobs, readModelKey } from '@ciphernet/models';
import { hasRedisServer, runCli } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Deployment, createDeployment } from './deployment.js';
import { folderFiles, queueLines } from './public-record.js';

const suite = hasRedisServer() ? describe : describe.skip;

suite('a model that its owner keeps', () => {
  let deployment: Deployment;
  let keyFile: string;
  let sealed: string;
  let known: ReadonlySet<string>;
  beforeAll(async () => {
    deployment = await createDeployment();
    const { env, folder, processes } = deployment;
    keyFile = join(folder, 'model.key');
    expect((await runCli(['model', 'key', keyFile], env)).code).toBe(0);
    known = new Set((await folderFiles(join(folder, 'store'))).keys());
    await processes.start(['worker'], 'worker on', { CIPHERNET_MODEL_KEY: keyFile });
    const train = ['model', 'train', 'mlp', '--epochs', '1', '--seed', '5', '--json'];
    const trained = await runCli(train, env);
    expect([trained.stderr, trained.code]).toEqual([trained.stderr, 0]);
    sealed = (JSON.parse(trained.stdout) as { model: string }).model;
  });
  afterAll(async () => deployment[Symbol.asyncDispose]());

  it('is evaluated and audited under its key, and its data owner gets a report without a comparison', async () => {
    const { env, dataset } = deployment;
    await runCli(['allow', '--dataset', dataset, '--model', sealed], env);
    const enqueue = ['enqueue', '--dataset', dataset, '--model', sealed, '--no-compare', '--json'];
    const { code, stderr, stdout } = await runCli(enqueue, env);
    expect([stderr, code]).toEqual([stderr, 0]);
    const { evaluation } = JSON.parse(stdout) as { evaluation: string };
    const outcome = await deployment.outcome(evaluation);
    expect(outcome?.kind === 'accepted' && outcome.report.checks).toEqual(['twins', 'bound', 'audit']);
  });

  it('shows no weight to whoever reads the store and the queue: not as a blob, nor inside one', async () => {
    const { blobs, folder, redis } = deployment;
    const key = await readModelKey(keyFile);
    const { record } = await loadModel(blobs, sealed, key);
    if (record.version !== 2) throw new Error('not a network of the zoo');
    // The first layer's weights, and the last one's: both ends of the file.
    const bytesOf = await modelBlobs(blobs, key).get(record.weights);
    const all = new Float32Array(bytesOf.slice().buffer);
    const dense = [all.subarray(0, 64), all.subarray(-1000, -900)];
    const files = [...(await folderFiles(join(folder, 'store')))].filter(([name]) => !known.has(name));
    expect(files.length).toBeGreaterThan(5);
    const haystack = Buffer.concat([
      ...files.map(([, bytes]) => bytes),
      Buffer.from((await queueLines(redis.url)).join('\n')),
    ]);
    for (const weights of dense) {
      const bytes = Buffer.from(weights.buffer, weights.byteOffset, 64);
      expect(haystack.includes(bytes)).toBe(false);
      expect(haystack.includes(bytes.toString('base64').slice(0, 60))).toBe(false);
      expect(haystack.includes(String(weights[3]))).toBe(false);
    }
    // The topology would be found in the clear, as it is for the other models.
    expect(haystack.includes('"class_name"')).toBe(false);
  });

  it('is refused to the data owner by name: nothing is compared with it, nothing encrypted for it', async () => {
    const { env, dataset } = deployment;
    const compare = await runCli(['enqueue', '--dataset', dataset, '--model', sealed, '--json'], env);
    expect(compare.code).toBe(2);
    expect(compare.stderr).toMatch(/model is sealed.*--no-compare/);
    const encrypt = await runCli(['dataset', 'encrypt', 'mnist', '--images', '10', '--for-model', sealed], env);
    expect(encrypt.code).toBe(2);
    expect(encrypt.stderr).toMatch(/model is sealed.*--profile/);
  });
});
