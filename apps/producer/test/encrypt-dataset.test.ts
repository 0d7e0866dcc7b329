import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DATASETS, DATASET_OWNERS, manifestFromBytes, parseBatch } from '@ciphernet/artifacts';
import { createParameters, parametersDigest, profileNamed } from '@ciphernet/ckks';
import { examplesOf } from '@ciphernet/datasets';
import { sha256Hex } from '@ciphernet/foundation';
import { identityFingerprint } from '@ciphernet/identity';
import { readPublicKey } from '@ciphernet/keyring';
import { readDatasetRecord } from '@ciphernet/owner-records';
import { describe, expect, it } from '@jest/globals';
import { encryptDataset } from '../src/encrypt-dataset.js';
import { type Owner, SIDE, createOwner } from './producer-fixture.js';

/** Manifests that are announced, and records that are kept. */
async function traces({ blobs, tools }: Owner): Promise<{ announced: string[]; records: string[] }> {
  const records = await readdir(tools.recordsFolder).catch(() => []);
  return { announced: await DATASETS.list(blobs), records };
}

const NOTHING = { announced: [], records: [] };

describe('encrypting a dataset', () => {
  it('leaves a manifest that says what it is, and a record that only its owner reads', async () => {
    await using owner = await createOwner(4);
    const { request, tools, keys, dataset } = owner;
    const { digest, manifest, seconds } = await encryptDataset(request, keys, tools);
    const { fingerprint, bytes } = await readPublicKey(keys.folder);
    expect(manifestFromBytes(await tools.blobs.get(digest), 'test')).toEqual(manifest);
    expect(manifest).toMatchObject({
      name: 'tiny',
      split: 'test',
      height: SIDE,
      width: SIDE,
      channels: 1,
      classes: 2,
      transform: request.examples.transform,
      features: SIDE * SIDE,
      // Four examples, two twins, two zeros.
      images: 8,
      inputScale: request.inputScale,
      mode: 'public',
      keyFingerprint: fingerprint,
    });
    expect(await traces(owner)).toEqual({ announced: [digest], records: [`${digest}.json`] });
    expect(await DATASETS.get(tools.blobs, digest)).toEqual({ name: 'tiny' });
    const signer = identityFingerprint(tools.identity.publicKey);
    expect([...(await DATASET_OWNERS.among(tools.blobs, digest, [signer, 'a'.repeat(64)]))]).toEqual([signer]);
    expect(await readDatasetRecord(tools.recordsFolder, digest)).toEqual({
      version: 3,
      manifest: digest,
      dataset: request.source,
      split: 'test',
      images: 4,
      labels: sha256Hex(dataset.labels),
      arrangement: expect.stringMatching(/^[0-9a-f]{64}$/),
      keys: keys.folder,
      encryptSeconds: seconds,
      publicKeyBytes: bytes.length,
    });
    const { mode } = await stat(join(tools.recordsFolder, `${digest}.json`));
    expect(mode & 0o077).toBe(0);
  });

  it('stores shards of as many images as there are slots, each saying what it holds', async () => {
    await using owner = await createOwner(3998);
    const seen: [number, number][] = [];
    const tools = { ...owner.tools, onProgress: (done: number, total: number) => seen.push([done, total]) };
    const { manifest } = await encryptDataset(owner.request, owner.keys, tools);
    expect(manifest.shards.map(({ images }) => images)).toEqual([4096, 2]);
    for (const { digest, bytes, images } of manifest.shards) {
      const stored = await owner.blobs.get(digest);
      expect(stored.length).toBe(bytes);
      expect(parseBatch(stored, 'test').header).toMatchObject({
        kind: 'shard',
        parametersDigest: parametersDigest(owner.profile.parameters),
        keyFingerprint: manifest.keyFingerprint,
        primes: owner.profile.parameters.primes,
        ciphertexts: SIDE * SIDE,
        components: 2,
        images,
        scale: owner.profile.inputScale,
        wordBits: 32,
      });
    }
    expect(seen.at(-1)).toEqual([4098, 4098]);
    expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).sort((a, b) => a - b));
  });

  it('encrypts the features that the transform leaves', async () => {
    await using owner = await createOwner(4);
    const request = { ...owner.request, examples: examplesOf(owner.dataset, { crop: 1, mean: 2 }) };
    const { manifest } = await encryptDataset(request, owner.keys, owner.tools);
    expect(manifest).toMatchObject({ features: 1, height: SIDE, transform: { crop: 1, mean: 2 } });
  });

  it('sends no public key where the secret one encrypts', async () => {
    await using owner = await createOwner(4);
    const { digest, manifest } = await encryptDataset({ ...owner.request, mode: 'symmetric' }, owner.keys, owner.tools);
    expect(manifest.mode).toBe('symmetric');
    expect((await readDatasetRecord(owner.tools.recordsFolder, digest)).publicKeyBytes).toBe(0);
  });

  it('never encrypts alike twice', async () => {
    await using owner = await createOwner(4);
    const once = await encryptDataset(owner.request, owner.keys, owner.tools);
    const again = await encryptDataset(owner.request, owner.keys, owner.tools);
    expect(again.manifest.shards[0]?.digest).not.toBe(once.manifest.shards[0]?.digest);
  });

  it('refuses keys of other parameters, and says how to make those', async () => {
    await using owner = await createOwner(4);
    const request = { ...owner.request, ...profileNamed('two-squares') };
    await expect(encryptDataset(request, owner.keys, owner.tools)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/keys were made for N=4096.*the dataset needs N=8192.*keys create/),
    });
    expect(await traces(owner)).toEqual(NOTHING);
  });

  it.each([
    ['a small ring', createParameters(1024, [30], 30)],
    ['primes too many', createParameters(4096, [30, 30, 30], 30)],
  ])('refuses %s, for want of 128 bits of security', async (_name, parameters) => {
    await using owner = await createOwner(4);
    await expect(encryptDataset({ ...owner.request, parameters }, owner.keys, owner.tools)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/over the 128-bit bound/),
    });
    expect(await traces(owner)).toEqual(NOTHING);
  });

  it('refuses a folder without keys', async () => {
    await using owner = await createOwner(4);
    const keys = { ...owner.keys, folder: join(owner.folder, 'nowhere') };
    await expect(encryptDataset(owner.request, keys, owner.tools)).rejects.toThrow(/no key file/);
  });

  it('leaves no manifest and no record when it is aborted, before it starts or after the first shard', async () => {
    await using owner = await createOwner(3998);
    const tools = { ...owner.tools, signal: AbortSignal.abort() };
    await expect(encryptDataset(owner.request, owner.keys, tools)).rejects.toMatchObject({ name: 'AbortError' });
    const controller = new AbortController();
    const later = {
      ...owner.tools,
      signal: controller.signal,
      onProgress: (done: number) => {
        if (done >= 4096) controller.abort();
      },
    };
    await expect(encryptDataset(owner.request, owner.keys, later)).rejects.toMatchObject({ name: 'AbortError' });
    expect(await traces(owner)).toEqual(NOTHING);
  });

  it('leaves no manifest and no record when the store fails', async () => {
    await using owner = await createOwner(4);
    const blobs = { ...owner.blobs, put: () => Promise.reject(new Error('the disk is full')) };
    await expect(encryptDataset(owner.request, owner.keys, { ...owner.tools, blobs })).rejects.toThrow(/disk is full/);
    expect(await traces(owner)).toEqual(NOTHING);
  });
});
