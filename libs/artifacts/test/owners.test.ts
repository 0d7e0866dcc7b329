import { join } from 'node:path';
import { signOwnership } from '@ciphernet/attestation';
import { type BlobStore, openDirectoryStore } from '@ciphernet/blobs';
import { type Identity, identityFingerprint, openIdentity } from '@ciphernet/identity';
import { temporaryFolder } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DATASET_OWNERS, MODEL_OWNERS } from '../src/owners.js';

const MODEL = 'e'.repeat(64);
const OTHER = 'f'.repeat(64);

describe('who owns a model', () => {
  let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
  let blobs: BlobStore;
  let owner: Identity;
  let attacker: Identity;
  let name: string;
  beforeAll(async () => {
    temporary = await temporaryFolder();
    blobs = await openDirectoryStore(join(temporary.path, 'store'));
    owner = await openIdentity(join(temporary.path, 'owner'), undefined);
    attacker = await openIdentity(join(temporary.path, 'attacker'), undefined);
    name = identityFingerprint(owner.publicKey);
  });
  afterAll(async () => temporary[Symbol.asyncDispose]());

  it('is who has signed it, each by themselves', async () => {
    expect(await MODEL_OWNERS.sign(blobs, MODEL, owner)).toBe(name);
    const another = await MODEL_OWNERS.sign(blobs, MODEL, attacker);
    expect([...(await MODEL_OWNERS.among(blobs, MODEL, [name, another, name, 'a'.repeat(64)]))]).toEqual([
      name,
      another,
    ]);
    expect((await MODEL_OWNERS.among(blobs, MODEL, [])).size).toBe(0);
    expect((await MODEL_OWNERS.among(blobs, OTHER, [name])).size).toBe(0);
  });

  it.each<[string, () => unknown]>([
    ['that somebody else signed', () => signOwnership('model', OTHER, attacker)],
    ['that the owner signed of another model', () => signOwnership('model', MODEL, owner)],
    ['whose statement was changed', () => changed(signOwnership('model', MODEL, owner))],
    ['without a signature', () => ({ statement: signOwnership('model', OTHER, owner).statement })],
    ['that the owner signed of a dataset', () => signOwnership('dataset', OTHER, owner)],
    ['that is no statement', () => ({ statement: '{}', signature: 'A'.repeat(86) })],
    ['that is a list', () => []],
  ])('is nobody by a reference in their name %s', async (_what, reference) => {
    await blobs.setRef(`model-owners/${OTHER}/${name}`, JSON.stringify(reference()));
    expect((await MODEL_OWNERS.among(blobs, OTHER, [name])).size).toBe(0);
  });

  it('is told apart from who owns a dataset of the same digest', async () => {
    await DATASET_OWNERS.sign(blobs, 'd'.repeat(64), owner);
    expect([...(await DATASET_OWNERS.among(blobs, 'd'.repeat(64), [name]))]).toEqual([name]);
    expect((await MODEL_OWNERS.among(blobs, 'd'.repeat(64), [name])).size).toBe(0);
  });

  /** A statement of one model made to be of the other. */
  function changed({ statement, signature }: { readonly statement: string; readonly signature: string }) {
    return { statement: statement.replace(MODEL, OTHER), signature };
  }
});
