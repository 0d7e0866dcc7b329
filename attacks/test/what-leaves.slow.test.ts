import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadDataset } from '@ciphernet/datasets';
import { type Report, accuracyOf, reportSchema } from '@ciphernet/report';
import { enqueueEvaluation, newEvaluationId } from '@ciphernet/queue';
import { hasRedisServer, startCli, untilSays } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Deployment, attackerAt, createDeployment, ended } from './deployment.js';
import { collectRecord, folderFiles, queueLines } from './public-record.js';

const suite = hasRedisServer() ? describe : describe.skip;

/** Things that must not be anywhere outside the owner's folders, each in the encodings that a leak would have. */
function encodings(bytes: Uint8Array): Buffer[] {
  const buffer = Buffer.from(bytes);
  const texts = [buffer.toString('hex'), buffer.toString('base64').replace(/=+$/, ''), [...bytes].join(',')];
  return [buffer, ...texts.map((text) => Buffer.from(text))];
}

suite('what leaves the data owner', () => {
  let deployment: Deployment;
  let report: Report;
  let secrets: readonly (readonly [string, readonly Buffer[]])[];
  beforeAll(async () => {
    deployment = await createDeployment();
    const { folder, honestEvaluation } = deployment;
    const path = join(folder, 'reports', honestEvaluation, 'report.json');
    report = reportSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    const [keys] = (await readdir(join(folder, 'keys'))).filter((name) => /^[0-9a-f]{16}$/.test(name));
    const key = JSON.parse(await readFile(join(folder, 'keys', keys ?? '', 'secret.key.json'), 'utf8')) as {
      key: string;
    };
    const { images, labels } = await loadDataset('mnist', 'test', { cacheFolder: folder });
    const record = JSON.parse(await readFile(join(folder, 'client', `${deployment.dataset}.json`), 'utf8')) as {
      arrangement: string;
    };
    secrets = [
      ['the secret key', encodings(Buffer.from(key.key, 'base64').subarray(1000, 1064))],
      // The middle rows of the first image: enough to be nobody else's.
      ['an image', encodings(images.subarray(10 * 28, 14 * 28))],
      ['labels', encodings(labels.subarray(0, 64))],
      ['the order of the examples', [Buffer.from(record.arrangement)]],
      ['the accuracy', [Buffer.from(String(accuracyOf(report))), Buffer.from((100 * accuracyOf(report)).toFixed(2))]],
      ['the largest error', [Buffer.from(String(report.precision?.measuredLargest))]],
    ];
  });
  afterAll(async () => deployment[Symbol.asyncDispose]());

  /** Everything that is readable outside the owner's folders. */
  async function readable(): Promise<Buffer[]> {
    const { folder, redis } = deployment;
    const store = [...(await folderFiles(join(folder, 'store'))).values()];
    return [Buffer.from((await queueLines(redis.url)).join('\n')), Buffer.from(deployment.collectorSaid()), ...store];
  }

  /** Names of the secrets that are in it. */
  function found(haystacks: readonly Buffer[]): string[] {
    return secrets
      .filter(([, needles]) => needles.some((needle) => haystacks.some((h) => h.includes(needle))))
      .map(([name]) => name);
  }

  it('is no secret: neither in the queue, nor in the store, nor in what the collector logs', async () => {
    expect(found(await readable())).toEqual([]);
  });

  it('would be found: each secret, planted in the store in each encoding', async () => {
    const { blobs } = deployment;
    for (const [name, needles] of secrets) {
      for (const needle of needles) {
        const padded = Buffer.concat([Buffer.from('some text '), needle, Buffer.from(' and more')]);
        expect(found([padded])).toContain(name);
      }
      const [first] = needles;
      await blobs.put(Buffer.concat([Buffer.from('planted '), first ?? Buffer.alloc(0)]));
    }
    const planted = found(await readable());
    expect(planted.length).toBe(secrets.length);
  });

  it('would differ if a return value told the accuracy: a collector with a planted leak is noticed', async () => {
    const { env, folder, backend, dataset, model, redis, honest } = deployment;
    const honestRecord = collectRecord(await queueLines(redis.url), deployment.honestEvaluation);
    deployment.processes[Symbol.dispose]();
    const plant = join(folder, 'plant.mjs');
    const bullmq = import.meta.resolve('bullmq');
    // Tells what the owner's report says, as a return value did before reports stayed with their owner.
    await writeFile(
      plant,
      `import { readFileSync } from 'node:fs';
import { Job } from ${JSON.stringify(bullmq)};
const original = Job.prototype.moveToCompleted;
Job.prototype.moveToCompleted = function (value, ...rest) {
  let told = value;
  if (this.queueName === 'collect') {
    const report = JSON.parse(readFileSync(${JSON.stringify(join(folder, 'reports'))} + '/' + this.id + '/report.json', 'utf8'));
    told = value + ' ' + report.accuracy.encrypted;
  }
  return original.call(this, told, ...rest);
};`,
    );
    const collector = startCli(['collector'], { ...env, NODE_OPTIONS: `--import ${plant}` });
    try {
      await untilSays(collector, 'collector on');
      await using _worker = attackerAt(deployment, (shard) => Promise.resolve({ result: honest[shard]?.result ?? '' }));
      const evaluation = newEvaluationId();
      const request = { manifest: dataset, shards: 2, model, engine: 'simd', compare: true, audit: false, fresh: true };
      await enqueueEvaluation(backend.flows(), evaluation, request);
      await ended(backend, evaluation);
      const record = collectRecord(await queueLines(redis.url), evaluation);
      expect(record).not.toEqual(honestRecord.map((line) => line.replace(',"audit":true', '')).sort());
      expect(record.join('\n')).toContain(String(report.accuracy.encrypted));
    } finally {
      collector.kill('SIGKILL');
    }
  });
});
