import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BatchHeader, batchToBytes, openPackedResult, sampleOfResult, shardHeader } from '@ciphernet/artifacts';
import { type Attestation, verifyAttestation } from '@ciphernet/attestation';
import { createParameters } from '@ciphernet/ckks';
import { engineNamed } from '@ciphernet/engines';
import { openIdentity } from '@ciphernet/identity';
import { loadModel, compileForDataset } from '@ciphernet/models';
import type { InferredResult } from '@ciphernet/queue';
import { positionsPerPrime } from '@ciphernet/compiler';
import { describe, expect, it } from '@jest/globals';
import { audit } from '../src/audit.js';
import { infer } from '../src/infer.js';
import { type InferCase, createInferCase } from './infer-fixture.js';

const SEED = Uint8Array.from({ length: 32 }, (_, i) => i);

const inferred = ({ job, dependencies }: InferCase): Promise<InferredResult> =>
  infer(job, { ...dependencies, engines: [engineNamed('simd')], say: () => undefined });

async function audited(one: InferCase, result: InferredResult): Promise<Attestation> {
  const { evaluation, manifest, model, shard } = one.job;
  const identity = await openIdentity(join(one.folder, 'auditor'), undefined);
  const signed = await audit({ evaluation, manifest, model, shard }, result, { blobs: one.blobs, identity });
  return verifyAttestation(signed!, 'test');
}

/** A store that gives other bytes under the shard's address. */
async function tamper(one: InferCase, header: BatchHeader, residues: Uint32Array): Promise<void> {
  await using local = await one.blobs.local(one.manifest.shards[0]!.digest, { verify: false });
  await chmod(local.path, 0o600);
  await writeFile(local.path, batchToBytes(header, residues));
}

/** The same residues in tiles of another size: [prime][tile][component][ciphertext][coefficient]. */
function laidOut({ header, residues }: InferCase, tile: number): Uint32Array {
  const { ciphertexts, primes, ringDegree, seed } = header;
  const rows = (seed === undefined ? 2 : 1) * ciphertexts;
  const at = (size: number, prime: number, row: number, x: number): number =>
    prime * rows * ringDegree + (Math.floor(x / size) * rows + row) * size + (x % size);
  const other = new Uint32Array(residues.length);
  for (let prime = 0; prime < primes.length; prime++) {
    for (let row = 0; row < rows; row++) {
      for (let x = 0; x < ringDegree; x++) other[at(tile, prime, row, x)] = residues[at(header.tile, prime, row, x)]!;
    }
  }
  return other;
}

describe('an audit', () => {
  it.each([
    ['public', undefined],
    ['seeded', SEED],
  ])('of a %s shard signs what an honest result has, at as many positions as the plan needs', async (_what, seed) => {
    await using one = await createInferCase(0, seed);
    const result = await inferred(one);
    const said = await audited(one, result);
    const { plan } = compileForDataset(await loadModel(one.blobs, one.job.model), one.manifest);
    expect(said.positions.map(({ length }) => length)).toEqual(
      plan.parameters.primes.map(() => positionsPerPrime(plan)),
    );
    const packed = openPackedResult(await one.blobs.get(result.result), 'result');
    expect(sampleOfResult(packed, said.positions)).toBe(said.values);
    expect(said).toMatchObject({ result: result.result, compiled: result.compiled });
    // Another time, other positions.
    expect((await audited(one, result)).positions).not.toEqual(said.positions);
  });

  it('does not read the result: a store that does not have it changes nothing', async () => {
    await using one = await createInferCase();
    const said = await audited(one, { ...(await inferred(one)), result: 'f'.repeat(64) });
    expect(said.result).toBe('f'.repeat(64));
  });

  it('signs the same of a shard whose tiles the store has laid out anew, where every position is known by its digest', async () => {
    await using one = await createInferCase();
    const result = await inferred(one);
    await tamper(one, { ...one.header, tile: 16 }, laidOut(one, 16));
    const said = await audited(one, result);
    const packed = openPackedResult(await one.blobs.get(result.result), 'result');
    expect(sampleOfResult(packed, said.positions)).toBe(said.values);
  });

  it('signs nothing of a seeded shard in other tiles: they say which words of the seed stand where', async () => {
    await using one = await createInferCase(0, SEED);
    const result = await inferred(one);
    await tamper(one, { ...one.header, tile: 16 }, laidOut(one, 16));
    await expect(audited(one, result)).rejects.toThrow(/tiles of 16, which are of 4/);
  });

  it('signs nothing of a shard whose header poses it as one of more primes and fewer coefficients', async () => {
    await using one = await createInferCase();
    const result = await inferred(one);
    const { header, manifest, residues } = one;
    const parameters = createParameters(2048, [28, 28, 28, 28, 28, 28], 22, 'conjugate-invariant');
    const posed = shardHeader({ ...header, seed: undefined, parameters });
    await tamper(one, { ...posed, parametersDigest: header.parametersDigest }, residues);
    await expect(audited(one, result)).rejects.toMatchObject({ name: 'IntegrityError' });
    expect(manifest.parameters.primes).toHaveLength(3);
  });

  it.each<[string, Partial<BatchHeader>]>([
    ['key', { keyFingerprint: 'a'.repeat(64) }],
    ['scale', { scale: 1 }],
    ['number of images', { images: 99 }],
  ])('signs nothing of a shard whose header gives another %s', async (_what, change) => {
    await using one = await createInferCase();
    const result = await inferred(one);
    await tamper(one, { ...one.header, ...change }, one.residues);
    await expect(audited(one, result)).rejects.toThrow(/does not belong to this dataset/);
  });
});
