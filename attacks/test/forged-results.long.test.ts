import { type Batch, HEADER_READ_BYTES, encodeHeader, parseHeader, rowOffset } from '@ciphernet/artifacts';
import { COLLECTED, QUEUES, enqueueEvaluation, newEvaluationId } from '@ciphernet/queue';
import { hasRedisServer, runCli } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Job } from 'bullmq';
import { type Deployment, attackerAt, createDeployment, ended } from './deployment.js';
import { collectRecord, queueLines } from './public-record.js';

const suite = hasRedisServer() ? describe : describe.skip;

/** Bytes of a batch in 32-bit words: as valid a result as any. */
function toBytes({ header, residues }: Batch): Uint8Array {
  const body = new Uint8Array(residues.buffer, residues.byteOffset, residues.byteLength);
  return Buffer.concat([encodeHeader({ ...header, wordBits: 32 }), body]);
}

/** The same value at every position of one component of every ciphertext, modulo every prime; zero elsewhere. */
function constantResult(like: Batch, values: readonly number[]): Batch {
  const { header } = like;
  const residues = new Uint32Array(like.residues.length);
  header.primes.forEach((prime, primeIndex) => {
    for (let ciphertext = 0; ciphertext < header.ciphertexts; ciphertext++) {
      values.forEach((value, component) => {
        const at = rowOffset(header, primeIndex, 0, ciphertext, component);
        residues.fill(Math.floor(value * (prime - 1)), at, at + header.ringDegree);
      });
    }
  });
  return { header, residues };
}

suite('a worker that lies', () => {
  let deployment: Deployment;
  let honestRecord: string[];
  beforeAll(async () => {
    deployment = await createDeployment();
    honestRecord = collectRecord(await queueLines(deployment.redis.url), deployment.honestEvaluation);
  });
  afterAll(async () => deployment[Symbol.asyncDispose]());

  /** Has an evaluation answered by the attacker, without an audit. @returns what the queue remembers of it */
  async function attack(
    bytesOf: (shard: number) => Promise<Uint8Array>,
  ): Promise<{ evaluation: string; record: string[] }> {
    const { backend, blobs, dataset, model, redis } = deployment;
    await using _attacker = attackerAt(deployment, async (shard) => {
      const { digest, bytes } = await blobs.put(await bytesOf(shard));
      return { result: digest, resultBytes: bytes };
    });
    const evaluation = newEvaluationId();
    // As the owner's own command asks: what the queue keeps of both is compared word by word.
    const request = { manifest: dataset, shards: 2, model, engine: 'auto', compare: true, audit: false, fresh: true };
    await enqueueEvaluation(backend.flows(), evaluation, request);
    expect((await ended(backend, evaluation)).returnvalue).toBe(COLLECTED);
    return { evaluation, record: collectRecord(await queueLines(redis.url), evaluation) };
  }

  /** The honest evaluation's record, but for the flag that it was audited. */
  const expected = (): string[] => honestRecord.map((line) => line.replace(',"audit":true', '')).sort();

  it('hears the same of an accepted evaluation as of every refused one', () => {
    expect(honestRecord.length).toBeGreaterThan(5);
    expect(honestRecord.some((line) => line.includes(`returnvalue "${COLLECTED}"`))).toBe(true);
  });

  it.each<[string, (deployment: Deployment, shard: number) => Promise<Uint8Array>]>([
    [
      'key recovery: one in the second component and half the modulus in the first',
      async (d, shard) => toBytes(constantResult(await d.result(shard), [0.5, 1e-9])),
    ],
    [
      'key recovery: the same, a coefficient further',
      async (d, shard) => toBytes(constantResult(await d.result(shard), [0.4999, 1e-9])),
    ],
    [
      'labels: a transparent result of one class',
      async (d, shard) => toBytes(constantResult(await d.result(shard), [0.001])),
    ],
    ['swapped shards', async (d, shard) => d.blobs.get(d.honest[1 - shard]?.result ?? '')],
    ['one shard twice', async (d) => d.blobs.get(d.honest[0]?.result ?? '')],
    [
      'a header of primes 5, 5, 5',
      async (d, shard) => {
        const bytes = await d.blobs.get(d.honest[shard]?.result ?? '');
        const { header, bodyOffset } = parseHeader(bytes.subarray(0, HEADER_READ_BYTES), bytes.length, 'honest');
        return Buffer.concat([encodeHeader({ ...header, primes: [5, 5, 5] }), bytes.subarray(bodyOffset)]);
      },
    ],
    ['a truncated envelope', async (d, shard) => (await d.blobs.get(d.honest[shard]?.result ?? '')).subarray(0, 5000)],
    ['no envelope at all', () => Promise.resolve(new TextEncoder().encode('not a result'))],
    ['the dataset’s shard in place of a result', async (d) => d.blobs.get(d.dataset)],
    [
      'another scale',
      async (d, shard) => {
        const { header, residues } = await d.result(shard);
        return toBytes({ header: { ...header, scale: 1e300 }, residues });
      },
    ],
    [
      'one prime of one component altered at one position',
      async (d, shard) => {
        const { header, residues } = await d.result(shard);
        const altered = Uint32Array.from(residues);
        altered[1234] = ((altered[1234] ?? 0) + 1) % (header.primes[0] ?? 1);
        return toBytes({ header, residues: altered });
      },
    ],
  ])('learns nothing and is found out: %s', async (_name, bytesOf) => {
    const { evaluation, record } = await attack((shard) => bytesOf(deployment, shard));
    expect(record).toEqual(expected());
    expect((await deployment.outcome(evaluation))?.kind).toBe('refused');
  });

  it('cannot replay another model’s result, nor attest it with a key of its own or another evaluation’s attestation', async () => {
    const { backend, blobs, dataset, model, honestEvaluation } = deployment;
    const audit = await backend.queue(QUEUES.audit).getJob(`${honestEvaluation}-audit-0`);
    const genuine = (audit as { returnvalue: { signed: unknown } } | undefined)?.returnvalue.signed;
    expect(genuine).toBeDefined();
    await deployment.setPolicy({ requireAudit: true });
    for (const policy of ['stolen', 'none'] as const) {
      const evaluation = newEvaluationId();
      const answer = async (job: Job): Promise<unknown> => {
        const [inferred] = Object.values(await job.getChildrenValues<unknown>());
        return policy === 'none' ? { inferred } : { inferred, signed: genuine };
      };
      const auditor = backend.worker(QUEUES.audit, answer, {});
      try {
        await using _attacker = attackerAt(deployment, async (shard) => {
          const { digest, bytes } = await blobs.put(toBytes(constantResult(await deployment.result(shard), [0.001])));
          return { result: digest, resultBytes: bytes };
        });
        const request = {
          manifest: dataset,
          shards: 2,
          model,
          engine: 'simd',
          compare: false,
          audit: true,
          fresh: true,
        };
        await enqueueEvaluation(backend.flows(), evaluation, request);
        expect((await ended(backend, evaluation)).returnvalue).toBe(COLLECTED);
        const outcome = await deployment.outcome(evaluation);
        expect(outcome).toMatchObject({
          kind: 'refused',
          error: {
            message: expect.stringMatching(policy === 'none' ? /not audited by anybody/ : /audit is of another result/),
          },
        });
      } finally {
        await auditor.close();
      }
    }
    await deployment.setPolicy({});
  });

  it('cannot replace a report by enqueueing its evaluation again', async () => {
    const { backend, dataset, model, honestEvaluation } = deployment;
    const before = await deployment.outcome(honestEvaluation);
    expect(before?.kind).toBe('accepted');
    await backend.queue(QUEUES.collect).remove(honestEvaluation, { removeChildren: true });
    await using _attacker = attackerAt(deployment, (shard) =>
      Promise.resolve({ result: deployment.honest[1 - shard]?.result ?? '' }),
    );
    await enqueueEvaluation(backend.flows(), honestEvaluation, {
      manifest: dataset,
      shards: 2,
      model,
      engine: 'simd',
      compare: false,
      fresh: true,
    });
    expect((await ended(backend, honestEvaluation)).returnvalue).toBe(COLLECTED);
    expect(await deployment.outcome(honestEvaluation)).toEqual(before);
  });

  it('leaves the collector at work: an honest evaluation comes through afterwards', async () => {
    const { processes, env, dataset, model } = deployment;
    const worker = await processes.start(['worker', '--roles', 'infer,audit'], 'worker on');
    const done = await runCli(['enqueue', '--dataset', dataset, '--model', model, '--fresh', '--json'], env);
    expect([done.stderr, done.code]).toEqual([done.stderr, 0]);
    worker.kill('SIGKILL');
  });
});
