import { copyFile, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { batchToBytes } from '@ciphernet/artifacts';
import {
  type Compilation,
  type Computation,
  type SignedStatement,
  signCompilation,
  signComputation,
} from '@ciphernet/attestation';
import { identityFingerprint } from '@ciphernet/identity';
import type { Outcome } from '@ciphernet/owner-records';
import { QUEUES, enqueueEvaluation, newEvaluationId } from '@ciphernet/queue';
import { hasRedisServer, runCli } from '@ciphernet/testing';
import type { Job } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Deployment, attackerAt, attackerIdentity, createDeployment, ended, inferredOf } from './deployment.js';
import { folderFiles } from './public-record.js';

const suite = hasRedisServer() ? describe : describe.skip;

suite('a store, a queue or a folder that somebody changed', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await createDeployment();
  });
  afterAll(async () => deployment[Symbol.asyncDispose]());

  /** Enqueues by the command line, honest workers at work, without a comparison: the owner does not hold the model. */
  async function evaluate(...more: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const { env, dataset, model, processes } = deployment;
    const worker = await processes.start(['worker', '--roles', 'infer,audit'], 'worker on');
    try {
      return await runCli(['enqueue', '--dataset', dataset, '--model', model, '--no-compare', ...more], env);
    } finally {
      worker.kill('SIGKILL');
    }
  }

  /** Writes other references while an evaluation runs. @param poison what stands there instead */
  async function evaluatePoisoned(
    family: string,
    poison: (name: string, signed: SignedStatement, others: readonly SignedStatement[]) => Promise<SignedStatement>,
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const { blobs } = deployment;
    const before = new Map<string, SignedStatement>();
    for (const name of await blobs.listRefs(family)) {
      before.set(name, JSON.parse((await blobs.getRef(name)) ?? '') as SignedStatement);
    }
    expect(before.size).toBeGreaterThanOrEqual(1);
    for (const [name, signed] of before) {
      const others = [...before.values()].filter((other) => other !== signed);
      await blobs.setRef(name, JSON.stringify(await poison(name, signed, others)));
    }
    try {
      return await evaluate('--json');
    } finally {
      for (const [name, signed] of before) await blobs.setRef(name, JSON.stringify(signed));
    }
  }

  const saidOf = (signed: SignedStatement): Record<string, unknown> =>
    JSON.parse(signed.statement) as Record<string, unknown>;

  it.each([
    ['with a statement that was changed', 'changed'],
    ['with another shard’s statement', 'replayed'],
    ['with a statement that the attacker signed', 'signed'],
  ])('cannot pass off another result by a reference: %s', async (_name, how) => {
    const { honest, folder } = deployment;
    const trust = { identity: await attackerIdentity(folder, 'mallory'), accepted: [] };
    const { code, stdout } = await evaluatePoisoned('results', (_ref, signed, others) => {
      const said = saidOf(signed);
      const result = honest.find((other) => other.result !== said['result'])?.result ?? '';
      const { shardDigest, compiled, engine, bytes, seconds } = said as unknown as Computation;
      const forged = { shardDigest, compiled, engine, bytes, seconds, result };
      if (how === 'signed') return Promise.resolve(signComputation(forged, trust));
      if (how === 'replayed') return Promise.resolve(others[0] ?? signed);
      return Promise.resolve({ ...signed, statement: JSON.stringify({ ...said, result }) });
    });
    // The work was done again: an honest evaluation comes through.
    expect(code).toBe(0);
    const { evaluation } = JSON.parse(stdout) as { evaluation: string };
    const results = await inferredOf(deployment.backend, evaluation, 2);
    expect(results.map(({ result }) => result)).toEqual(honest.map(({ result }) => result));
    expect(results.map(({ reused }) => reused)).toEqual([false, false]);
  });

  it('cannot pass off a cheaper circuit by a reference: nobody takes it from whom they do not know', async () => {
    const { folder, honest } = deployment;
    const trust = { identity: await attackerIdentity(folder, 'mallory'), accepted: [] };
    const { code, stdout } = await evaluatePoisoned('compiled', (_ref, signed) => {
      const { key } = saidOf(signed) as unknown as Compilation;
      return Promise.resolve(signCompilation({ key, compiled: honest[0]?.result ?? '' }, trust));
    });
    expect(code).toBe(0);
    const { evaluation } = JSON.parse(stdout) as { evaluation: string };
    const results = await inferredOf(deployment.backend, evaluation, 2);
    expect(results.map(({ compiled }) => compiled)).toEqual(honest.map(({ compiled }) => compiled));
  });

  it('cannot come back once it was caught: its key is in quarantine, its next results are refused, its owner is told', async () => {
    const { backend, blobs, dataset, model, env, folder } = deployment;
    const batch = await deployment.result(0);
    // Zero logits: within the bound, alike for twins, and not the model's.
    const residues = new Uint32Array(batch.residues.length);
    const forged = (await blobs.put(batchToBytes({ ...batch.header, wordBits: 32 }, residues))).digest;
    const evaluateBy = async (answer: { result?: string }): Promise<Outcome | undefined> => {
      const evaluation = newEvaluationId();
      await using _attacker = attackerAt(deployment, (shard) => Promise.resolve(shard === 0 ? answer : {}), 'mallory');
      const request = { manifest: dataset, shards: 2, model, engine: 'simd', compare: true, fresh: true };
      await enqueueEvaluation(backend.flows(), evaluation, request);
      expect((await ended(backend, evaluation)).returnvalue).toBe('collected');
      return await deployment.outcome(evaluation);
    };
    expect((await evaluateBy({ result: forged }))?.kind).toBe('refused');
    // An honest answer of the same key now.
    const second = await evaluateBy({});
    expect(second?.kind === 'refused' && second.error.message).toMatch(/in quarantine since/);
    const fingerprint = identityFingerprint((await attackerIdentity(folder, 'mallory')).publicKey);
    const { stdout } = await runCli(['quarantine'], env);
    expect(stdout).toContain(fingerprint);
    expect((await runCli(['quarantine', '--release', fingerprint, '--unlock', dataset], env)).code).toBe(0);
    expect((await evaluateBy({}))?.kind).toBe('accepted');
  });

  it('is caught by an auditor too, who signs what is right: the owner who holds no model puts its key in quarantine', async () => {
    const { backend, blobs, dataset, model, env, folder, processes } = deployment;
    const batch = await deployment.result(1);
    const residues = new Uint32Array(batch.residues.length);
    const forged = (await blobs.put(batchToBytes({ ...batch.header, wordBits: 32 }, residues))).digest;
    const auditor = await processes.start(['worker', '--roles', 'audit'], 'worker on');
    const evaluation = newEvaluationId();
    try {
      const answer = (shard: number): Promise<{ result?: string }> =>
        Promise.resolve(shard === 1 ? { result: forged } : {});
      await using _attacker = attackerAt(deployment, answer, 'trudy');
      const request = { manifest: dataset, shards: 2, model, engine: 'simd', compare: false, audit: true, fresh: true };
      await enqueueEvaluation(backend.flows(), evaluation, request);
      expect((await ended(backend, evaluation)).returnvalue).toBe('collected');
    } finally {
      auditor.kill('SIGKILL');
    }
    const outcome = await deployment.outcome(evaluation);
    expect(outcome?.kind === 'refused' && outcome.error.message).toMatch(
      /the result of shard 1 is not what an auditor computed of the model/,
    );
    const fingerprint = identityFingerprint((await attackerIdentity(folder, 'trudy')).publicKey);
    expect((await runCli(['quarantine'], env)).stdout).toContain(fingerprint);
    expect((await runCli(['quarantine', '--release', fingerprint, '--unlock', dataset], env)).code).toBe(0);
  });

  it('cannot answer for the collector: a command shows what the owner’s folder holds, and nothing else', async () => {
    const { backend, env, dataset, model, processes } = deployment;
    processes[Symbol.dispose]();
    const forged = backend.worker(
      QUEUES.collect,
      (job: Job) => Promise.resolve({ evaluation: job.id, accuracy: 0.999, report: '\u001b[2K99.9 %' }),
      {},
    );
    try {
      const { code, stdout, stderr } = await evaluate('--fresh');
      expect(code).toBe(2);
      expect(stderr).toMatch(/outcome is not in this data folder/);
      expect(`${stdout}${stderr}`).not.toContain('99.9');
      expect(`${stdout}${stderr}`).not.toContain('\u001b');
    } finally {
      await forged.close();
    }
    await processes.start(['collector'], 'collector on');
    expect(env['CIPHERNET_DATA']).toBeDefined();
    expect([dataset.length, model.length]).toEqual([64, 64]);
  });

  it('cannot hang the collector: it ends when asked to, after a job that is none', async () => {
    const { backend, dataset, model, processes } = deployment;
    const collect = backend.queue(QUEUES.collect);
    const broken = await collect.add('collect', { evaluation: '../../etc', manifest: 3 });
    const evaluation = newEvaluationId();
    await enqueueEvaluation(backend.flows(), evaluation, {
      manifest: dataset,
      shards: 99,
      model,
      engine: 'simd',
      compare: false,
      fresh: true,
    });
    const worker = await processes.start(['worker', '--roles', 'infer'], 'worker on');
    expect((await ended(backend, evaluation)).failedReason).toMatch(/99|shard/);
    expect(await broken.isFailed()).toBe(true);
    worker.kill('SIGKILL');
  });

  it('gets nothing decrypted that the owner has not allowed: the owner sees the request, and can allow it', async () => {
    const { backend, dataset, env, processes, folder, other: model } = deployment;
    const worker = await processes.start(['worker', '--roles', 'infer,audit'], 'worker on');
    try {
      const ask = async (): Promise<string> => {
        const evaluation = newEvaluationId();
        const request = { manifest: dataset, shards: 2, model, engine: 'simd', compare: false, audit: true };
        await enqueueEvaluation(backend.flows(), evaluation, request);
        expect((await ended(backend, evaluation)).returnvalue).toBe('collected');
        return evaluation;
      };
      const refused = await ask();
      expect(await deployment.outcome(refused)).toMatchObject({
        kind: 'refused',
        error: { message: expect.stringMatching(/has not allowed this model.*ciphernet allow --dataset/) },
      });
      const { stdout } = await runCli(['requests', '--json'], env);
      expect(JSON.parse(stdout)).toEqual([
        expect.objectContaining({ evaluation: refused, model, dataset, name: 'mnist' }),
      ]);
      expect((await runCli(['allow', '--dataset', dataset, '--model', model], env)).code).toBe(0);
      expect((await runCli(['requests'], env)).stdout).toMatch(/no requests/);
      expect((await deployment.outcome(await ask()))?.kind).toBe('accepted');
      expect(folder).toBe(env['CIPHERNET_DATA']);
    } finally {
      worker.kill('SIGKILL');
    }
  });

  it('cannot have the owner’s files copied by a model whose weights are a link to them', async () => {
    const { env, folder } = deployment;
    const [keys] = (await readdir(join(folder, 'keys'))).filter((name) => /^[0-9a-f]{16}$/.test(name));
    const secret = join(folder, 'keys', keys ?? '', 'secret.key.json');
    const model = join(folder, 'model');
    await mkdir(model);
    const manifest = [{ paths: ['weights.bin'], weights: [{ name: 'd/kernel', shape: [784, 10], dtype: 'float32' }] }];
    const layers = [{ class_name: 'Dense', config: { name: 'd', units: 10, batch_input_shape: [null, 784] } }];
    await writeFile(
      join(model, 'model.json'),
      JSON.stringify({
        modelTopology: { class_name: 'Sequential', config: { name: 'm', layers } },
        weightsManifest: manifest,
      }),
    );
    await symlink(secret, join(model, 'weights.bin'));
    const { code } = await runCli(['model', 'import', model], env);
    expect(code).not.toBe(0);
    const { key } = JSON.parse(await readFile(secret, 'utf8')) as { key: string };
    for (const bytes of (await folderFiles(join(folder, 'store'))).values()) {
      expect(bytes.includes(key.slice(1000, 1100))).toBe(false);
    }
  });

  it('cannot have the data encrypted under another’s public key', async () => {
    const { env, folder } = deployment;
    const theirs = join(folder, 'theirs');
    expect((await runCli(['keys', 'create', '--profile', 'one-square', '--keys', theirs], env)).code).toBe(0);
    const [keys] = (await readdir(join(folder, 'keys'))).filter((name) => /^[0-9a-f]{16}$/.test(name));
    const own = join(folder, 'keys', keys ?? '', 'public.key.json');
    const kept = join(folder, 'kept.json');
    await copyFile(own, kept);
    await copyFile(join(theirs, 'public.key.json'), own);
    const encrypt = ['dataset', 'encrypt', 'mnist', '--images', '10', '--profile', 'one-square'];
    const { code, stderr } = await runCli(encrypt, env);
    expect([code, stderr]).toEqual([3, expect.stringMatching(/not that of the secret key beside it/)]);
    await copyFile(kept, own);
    expect((await runCli(encrypt, env)).code).toBe(0);
  });

  it('leaves an honest evaluation to come through afterwards', async () => {
    const { code, stderr } = await evaluate('--fresh');
    expect([stderr, code]).toEqual([stderr, 0]);
  });
});
