import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL_OWNERS } from '@ciphernet/artifacts';
import { signOwnership } from '@ciphernet/attestation';
import { NO_TRANSFORM, loadDataset, takeExamples } from '@ciphernet/datasets';
import { networkToLayersModel } from '@ciphernet/formats';
import { identityFingerprint, openIdentity } from '@ciphernet/identity';
import { saveModel } from '@ciphernet/models';
import type { Network } from '@ciphernet/network';
import { allow, loadOwnerConfiguration } from '@ciphernet/owner-records';
import { enqueueEvaluation, newEvaluationId } from '@ciphernet/queue';
import { hasRedisServer, runCli, temporaryFolder } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Deployment, attackerIdentity, createDeployment, ended } from './deployment.js';
import { queueLines } from './public-record.js';

const suite = hasRedisServer() ? describe : describe.skip;
const PIXELS = 784;

/** A model that reads private images: class k for what is nearest to candidate k, so that accuracy tells who is in. */
function nearestOf(candidates: readonly Uint8Array[]): Network {
  const classes = 10;
  const weights = new Float32Array(PIXELS * classes);
  const bias = new Float32Array(classes);
  candidates.forEach((candidate, k) => {
    // −|x − c|² without |x|², which is the same for all classes: 2 x·c − |c|².
    for (let i = 0; i < PIXELS; i++) {
      const value = (candidate[i] ?? 0) / 255;
      weights[i * classes + k] = value / 8;
      bias[k] = (bias[k] ?? 0) - value ** 2 / 16;
    }
  });
  return {
    name: 'nearest',
    input: { height: 28, width: 28, channels: 1 },
    layers: [
      { kind: 'flatten', name: 'flat' },
      { kind: 'dense', name: 'first', units: classes, weights, bias },
      { kind: 'square', name: 'square' },
      {
        kind: 'dense',
        name: 'second',
        units: classes,
        weights: Float32Array.from({ length: classes ** 2 }, (_, i) => (i % (classes + 1) === 0 ? 1 : 0)),
        bias: new Float32Array(classes),
      },
    ],
  };
}

suite('a model that was made to read the data', () => {
  let deployment: Deployment;
  let crafted: string;
  beforeAll(async () => {
    deployment = await createDeployment();
    const { folder, blobs } = deployment;
    const { images, shape } = await loadDataset('mnist', 'test', { cacheFolder: folder });
    const candidates = Array.from({ length: 9 }, (_, k) => images.subarray(k * PIXELS, (k + 1) * PIXELS));
    const examples = takeExamples(await loadDataset('mnist', 'train', { cacheFolder: folder }), 400);
    const origin = { name: 'nearest', transform: NO_TRANSFORM };
    crafted = await saveModel(blobs, networkToLayersModel(nearestOf(candidates)), origin, {
      images: examples.images,
      shape,
    });
    await deployment.processes.start(['worker', '--roles', 'infer,audit'], 'worker on');
  });
  afterAll(async () => deployment[Symbol.asyncDispose]());

  /** Enqueues as whoever reaches the queue can, an honest worker at work. */
  async function evaluate(dataset: string, shards: number, model = crafted): Promise<string> {
    const { backend } = deployment;
    const evaluation = newEvaluationId();
    const request = { manifest: dataset, shards, model, engine: 'simd', compare: true, audit: true };
    await enqueueEvaluation(backend.flows(), evaluation, request);
    expect((await ended(backend, evaluation)).returnvalue).toBe('collected');
    return evaluation;
  }

  it('learns no membership without consent: nothing is decrypted, and the owner reads who asked', async () => {
    const { dataset, env, redis } = deployment;
    const evaluation = await evaluate(dataset, 2);
    const refused = await deployment.outcome(evaluation);
    expect(refused?.kind === 'refused' && refused.error.message).toMatch(/has not allowed this model/);
    expect((await runCli(['requests'], env)).stdout).toContain(crafted);
    const said = (await queueLines(redis.url)).filter((line) => line.includes(evaluation)).join('\n');
    expect(said).not.toMatch(/accuracy|confusion|margin/);
  });

  it('learns no membership by a consent that was changed, or that somebody else signed', async () => {
    const { dataset, env, folder } = deployment;
    const file = join(folder, 'consents', `${dataset}.consent.json`);
    const before = await readFile(file, 'utf8');
    await using elsewhere = await temporaryFolder();
    const foreign = loadOwnerConfiguration({ CIPHERNET_DATA: elsewhere.path });
    await allow(foreign, dataset, { models: [crafted] });
    const forgeries: [string, RegExp][] = [
      [before.replace('models\\":[\\"', `models\\":[\\"${crafted}\\",\\"`), /signature is not that of the owner/],
      [
        await readFile(join(foreign.consentsFolder, `${dataset}.consent.json`), 'utf8'),
        /not by this data folder’s owner/,
      ],
    ];
    for (const [text, reason] of forgeries) {
      expect(text).toContain(crafted);
      await writeFile(file, text);
      const refused = await deployment.outcome(await evaluate(dataset, 2));
      expect(refused?.kind === 'refused' && refused.error.message).toMatch(reason);
      expect((await runCli(['allow', '--dataset', dataset, '--model', crafted], env)).stderr).toMatch(reason);
    }
    await writeFile(file, before);
  });

  it('learns no membership from an owner’s trust in somebody else, under whose name it signs', async () => {
    const { dataset, env, folder, blobs, other } = deployment;
    const { publicKey } = await openIdentity(join(folder, 'auditor'), undefined);
    const trusted = identityFingerprint(publicKey);
    const allowed = await runCli(['allow', '--dataset', dataset, '--model-owner', trusted], env);
    expect(allowed.stdout).toMatch(/100 evaluations/);
    // Trained by whom the owner trusts, named by nobody.
    expect((await deployment.outcome(await evaluate(dataset, 2, other)))?.kind).toBe('accepted');
    const attacker = await attackerIdentity(folder, 'crafter');
    await MODEL_OWNERS.sign(blobs, crafted, attacker);
    await blobs.setRef(`model-owners/${crafted}/${trusted}`, JSON.stringify(signOwnership('model', crafted, attacker)));
    const stolen = await blobs.getRef(`model-owners/${other}/${trusted}`);
    for (const reference of [undefined, stolen]) {
      if (reference !== undefined) await blobs.setRef(`model-owners/${crafted}/${trusted}`, reference);
      const refused = await deployment.outcome(await evaluate(dataset, 2));
      expect(refused?.kind === 'refused' && refused.error.message).toMatch(/has not allowed this model/);
    }
  });

  it('learns no membership with consent: what is published is a rounded count with noise, drawn once, and not often', async () => {
    const { dataset, env, folder } = deployment;
    await runCli(['allow', '--dataset', dataset, '--model', crafted], env);
    await deployment.setPolicy({ evaluationsPerModel: 2 });
    const evaluations = [await evaluate(dataset, 2), await evaluate(dataset, 2), await evaluate(dataset, 2)];
    const [first = '', second = '', third = ''] = evaluations;
    const accepted = await deployment.outcome(first);
    expect(accepted?.kind).toBe('accepted');

    // Attack 5 read nine memberships out of the confusion matrix and the margins: neither leaves.
    const publish = async (id: string) => runCli(['publish', id, '--yes', '--json'], env);
    const published = await publish(first);
    expect([published.stderr, published.code]).toEqual([published.stderr, 0]);
    const { statement } = JSON.parse(published.stdout) as { statement: Record<string, unknown> };
    expect(Object.keys(statement).filter((key) => /confusion|margin|precision|agreement|logit/i.test(key))).toEqual([]);
    const file = join(folder, 'published', `${first}.signed.json`);
    const bytes = await readFile(file, 'utf8');
    // Asked again it is the same, byte for byte: no average over draws.
    expect((await publish(first)).code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(bytes);

    expect((await publish(second)).code).toBe(0);
    const over = await publish(third);
    expect(over.code).toBe(2);
    expect(over.stderr).toMatch(/budget is used up: 3.0 of 2 evaluations of this model/);
    await deployment.setPolicy({});
  });

  it('learns no pixel: of a dataset of one image nothing is published, whatever the owner types', async () => {
    const { env } = deployment;
    const encrypt = ['dataset', 'encrypt', 'mnist', '--images', '1', '--profile', 'one-square', '--json'];
    const { dataset } = JSON.parse((await runCli(encrypt, env)).stdout) as { dataset: string };
    await runCli(['allow', '--dataset', dataset, '--model', crafted], env);
    const evaluation = await evaluate(dataset, 1);
    expect((await deployment.outcome(evaluation))?.kind).toBe('accepted');
    for (const more of [[], ['--yes'], ['--confusion', '--yes']]) {
      const { code, stdout, stderr } = await runCli(['publish', evaluation, ...more], env);
      expect(code).toBe(2);
      expect(stderr).toMatch(/1 examples are too few/);
      expect(stdout).toBe('');
    }
  });
});
