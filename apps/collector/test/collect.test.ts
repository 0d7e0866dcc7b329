import {
  type Batch,
  type BatchHeader,
  HEADER_READ_BYTES,
  encodeHeader,
  parseHeader,
  resultToBytes,
  rowOffset,
} from '@ciphernet/artifacts';
import { evaluateNetwork, fractionEqual, predictionsOf } from '@ciphernet/network';
import { accuracyOf } from '@ciphernet/report';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CollectSigned, collectSigned } from './collect-signed.js';
import { type Evaluated, createEvaluated } from './evaluated.js';

let evaluated: Evaluated;
beforeAll(async () => {
  evaluated = await createEvaluated();
});
afterAll(async () => evaluated[Symbol.asyncDispose]());

const collect: CollectSigned = (...asked) => collectSigned(evaluated)(...asked);

const withHeader = (batch: Batch, change: Partial<BatchHeader>): Batch => ({
  ...batch,
  header: { ...batch.header, ...change },
});

describe('a collected evaluation', () => {
  it('is the plain model’s, image by image, in the order of the shards', async () => {
    const { job, results, dependencies, labels, images, network, manifest } = evaluated;
    const done: number[] = [];
    const report = await collect(job, [...results].reverse(), [], {
      ...dependencies,
      onProgress: (progress) => done.push(progress.done),
    });
    const plain = predictionsOf(
      evaluateNetwork(
        network,
        Float32Array.from(images, (value) => value / 255),
      ),
      2,
    );
    expect(report.accuracy.base).toBe(fractionEqual(plain, labels));
    expect(report.agreement).toBeGreaterThan(0.99);
    expect(Math.abs(accuracyOf(report) - fractionEqual(plain, labels))).toBeLessThan(0.01);
    expect(report.precision?.measuredLargest).toBeLessThan(report.precision?.predictedBound ?? 0);
    expect(report.confusion.map((row) => row.reduce((sum, count) => sum + count))).toEqual([2049, 2049]);
    expect(report.margins?.counts.reduce((sum, count) => sum + count)).toBe(4098);
    expect(report).toMatchObject({
      evaluation: 'eval-test',
      images: 4098,
      dataset: { name: 'tiny', split: 'test', classes: 2, transform: 'none', manifest: job.manifest },
      model: { digest: job.model, name: 'small', squares: 1 },
      security: { bits: 128 },
      // From the first start to the last end by the workers' clocks, and the sum of the engine's times.
      seconds: { infer: 0.9, inferTotal: 1 },
      bytes: {
        upload: manifest.shards.reduce((sum, { bytes }) => sum + bytes, 0),
        download: results.reduce((sum, { resultBytes }) => sum + resultBytes, 0),
        evaluationKeys: 0,
      },
      shards: 2,
      reusedShards: 0,
      workers: ['test'],
    });
    expect(done.length).toBeGreaterThan(0);
  });

  it('says nothing about the model where the owner may not hold it', async () => {
    const { job, results, dependencies } = evaluated;
    const report = await collect({ ...job, compare: false }, results, [], dependencies);
    expect(Object.keys(report.accuracy)).toEqual(['encrypted']);
    expect(report.model).toEqual({ digest: job.model });
    for (const field of ['agreement', 'precision']) expect(report).not.toHaveProperty(field);
    expect(report.parameters).not.toHaveProperty('weightBits');
    expect(report.margins).not.toHaveProperty('uncertain');
  });

  it('names every version that took part', async () => {
    const { job, results, dependencies } = evaluated;
    const mixed = results.map((result, i) => ({ ...result, engine: `simd-${i}`, reused: i === 1, worker: `w${i}` }));
    expect(await collect({ ...job, compare: false }, mixed, [], dependencies)).toMatchObject({
      engineVersion: 'simd-0, simd-1',
      reusedShards: 1,
      workers: ['w0', 'w1'],
    });
  });
});

describe('no report is made', () => {
  it('of shards that different circuits evaluated', async () => {
    const { job, results, dependencies } = evaluated;
    const mixed = results.map((result, i) => (i === 1 ? { ...result, compiled: 'a'.repeat(64) } : result));
    await expect(collect(job, mixed, [], dependencies)).rejects.toMatchObject({
      name: 'EvaluationError',
      message: expect.stringMatching(/evaluated by 2 different circuits.*eval-test.*evaluate again/),
    });
  });

  it('of a circuit that this model does not compile to', async () => {
    const { job, results, dependencies } = evaluated;
    const other = results.map((result) => ({ ...result, compiled: 'a'.repeat(64) }));
    await expect(collect(job, other, [], dependencies)).rejects.toMatchObject({
      name: 'IntegrityError',
      message: expect.stringMatching(/compiled the model otherwise.*compiled circuit aaaaaaaaaaaa, expected/),
    });
  });

  it.each<[string, number[], string[], RegExp]>([
    ['the first shard', [1], [], /shard 0 of 2 failed: no result was returned/],
    ['the last shard', [0], ['the worker ran out of memory', 'other'], /shard 1 of 2 failed: the worker ran out/],
    ['every shard', [], ['no worker'], /shard 0, 1 of 2 failed: no worker/],
  ])('without the result of %s, and the error says which and why', async (_name, present, failures, message) => {
    const { job, dependencies } = evaluated;
    const results = evaluated.results.filter(({ shard }) => present.includes(shard));
    await expect(collect(job, results, failures, dependencies)).rejects.toMatchObject({
      name: 'EvaluationError',
      message: expect.stringMatching(message),
    });
  });

  it('of a shard that counts twice, or of another number of shards than the dataset has', async () => {
    const { job, results, dependencies } = evaluated;
    const twice = [...results, ...results.slice(0, 1)];
    await expect(collect(job, twice, [], dependencies)).rejects.toMatchObject({ name: 'EvaluationError' });
    await expect(collect({ ...job, shards: 3 }, results, [], dependencies)).rejects.toMatchObject({
      name: 'EvaluationError',
    });
  });

  it('of a result of another shard', async () => {
    const { job, results, dependencies } = evaluated;
    const [first, second] = results;
    const swapped = [
      { ...first!, result: second!.result },
      { ...second!, result: first!.result },
    ];
    await expect(collect(job, swapped, [], dependencies)).rejects.toMatchObject({
      name: 'IntegrityError',
      message: expect.stringMatching(/not of shard 0 .*result of shard 0/),
    });
  });

  it('of a header with primes that are none of the dataset, and at once: nothing is computed with them', async () => {
    const { job, results, batches, blobs, dependencies } = evaluated;
    const honest = resultToBytes(batches[1]!);
    const { header, bodyOffset } = parseHeader(honest.subarray(0, HEADER_READ_BYTES), honest.length, 'test');
    const hostile = encodeHeader({ ...header, primes: header.primes.map(() => 5) });
    const { digest } = await blobs.put(Buffer.concat([hostile, honest.subarray(bodyOffset)]));
    const forged = results.map((result) => (result.shard === 1 ? { ...result, result: digest } : result));
    await expect(collect(job, forged, [], dependencies)).rejects.toMatchObject({
      name: 'IntegrityError',
      message: expect.stringMatching(/not of shard 1 \(images, classes, primes/),
    });
  });

  it.each<[string, Partial<BatchHeader>, RegExp]>([
    ['images', { images: 3 }, /not of shard 1 \(images, classes, primes, scale/],
    ['parameters', { parametersDigest: 'f'.repeat(64) }, /not of shard 1/],
    ['kind', { kind: 'shard' }, /not of shard 1/],
    ['key', { keyFingerprint: 'f'.repeat(64) }, /not of shard 1 .*key or parameters differ/],
  ])('of a result of another %s', async (_name, change, message) => {
    const { job, batches, dependencies } = evaluated;
    const results = await evaluated.replace(1, withHeader(batches[1]!, change));
    await expect(collect(job, results, [], dependencies)).rejects.toMatchObject({
      name: 'IntegrityError',
      message: expect.stringMatching(message),
    });
  });

  it('of a result of other classes', async () => {
    const { job, batches, dependencies } = evaluated;
    const { header, residues } = batches[1]!;
    // The first output alone, of each prime and component: [prime][component][ciphertext][coefficient].
    const rows = header.primes.length * header.components;
    const kept = Array.from({ length: rows }, (_, row) => {
      const from = row * header.ciphertexts * header.ringDegree;
      return [...residues.subarray(from, from + header.ringDegree)];
    });
    const one = { header: { ...header, ciphertexts: 1 }, residues: Uint32Array.from(kept.flat()) };
    const results = await evaluated.replace(1, one);
    await expect(collect(job, results, [], dependencies)).rejects.toThrow(/not of shard 1 \(images, classes/);
  });

  it('of a result that is not what its address says', async () => {
    const { job, results, dependencies } = evaluated;
    const missing = results.map((result) => ({ ...result, result: '1'.repeat(64) }));
    await expect(collect(job, missing, [], dependencies)).rejects.toMatchObject({ name: 'IntegrityError' });
    const shard = results.map((result) => ({ ...result, result: job.manifest }));
    await expect(collect(job, shard, [], dependencies)).rejects.toThrow(/not an encrypted batch.*result of shard 0/);
  });

  it('when twins were answered differently: one prime of one component altered in a quarter of its positions', async () => {
    const { job, batches, dependencies } = evaluated;
    const [first] = batches;
    const residues = Uint32Array.from(first!.residues);
    const prime = first!.header.primes[0]!;
    for (let i = 0; i < first!.header.ringDegree / 4; i++) residues[i] = (residues[i]! + 1) % prime;
    const results = await evaluated.replace(0, { ...first!, residues });
    await expect(collect({ ...job, compare: false }, results, [], dependencies)).rejects.toMatchObject({
      name: 'IntegrityError',
      message: expect.stringMatching(/\d+ of 102 pairs of equal examples were answered differently/),
    });
  });

  it('of another scale than the plan’s, where the owner holds the model: twins alike', async () => {
    const { job, batches, dependencies } = evaluated;
    const forged = await Promise.all(
      batches.map((batch, shard) => evaluated.replace(shard, withHeader(batch, { scale: batch.header.scale / 2 }))),
    );
    const results = forged.map((all, shard) => all[shard]!);
    await expect(collect(job, results, [], dependencies)).rejects.toMatchObject({
      name: 'IntegrityError',
      message: expect.stringMatching(/not of the model's plan/),
    });
  });

  it('when a logit is not the model’s, where the owner holds it: a bias that was added to every slot, twins alike', async () => {
    const { job, batches, dependencies } = evaluated;
    // A constant polynomial is the same residue at every position: here one unit in the first logit.
    const forged = await Promise.all(
      batches.map((batch, shard) => {
        const { header } = batch;
        const residues = Uint32Array.from(batch.residues);
        header.primes.forEach((prime, primeIndex) => {
          const unit = Number(BigInt(Math.round(header.scale)) % BigInt(prime));
          const from = rowOffset(header, primeIndex, 0, 0, 0);
          for (let at = from; at < from + header.ringDegree; at++) residues[at] = (residues[at]! + unit) % prime;
        });
        return evaluated.replace(shard, { header, residues });
      }),
    );
    const results = forged.map((all, shard) => all[shard]!);
    await expect(collect(job, results, [], dependencies)).rejects.toMatchObject({
      name: 'IntegrityError',
      message: expect.stringMatching(/not what the model gives.*largest error/),
    });
    // Without the model, and without an audit, this is what stays open: one function was applied to every example.
    await expect(collect({ ...job, compare: false }, results, [], dependencies)).resolves.toMatchObject({
      checks: ['twins'],
    });
    const audits = { auditors: [], required: true, wanted: 'none' } as const;
    await expect(collect({ ...job, compare: false }, results, [], { ...dependencies, audits })).rejects.toThrow(
      /not audited by anybody whom the policy names/,
    );
  });

  it('when a logit is not a number', async () => {
    const { job, batches, dependencies } = evaluated;
    // Divided by a scale so small that the quotient is beyond every double.
    const results = await evaluated.replace(1, withHeader(batches[1]!, { scale: 5e-324 }));
    await expect(collect({ ...job, compare: false }, results, [], dependencies)).rejects.toMatchObject({
      name: 'IntegrityError',
      message: expect.stringMatching(/a decrypted value is not a number/),
    });
  });
});
