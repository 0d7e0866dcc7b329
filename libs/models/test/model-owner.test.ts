import { join } from 'node:path';
import { signModelOwnership } from '@ciphernet/attestation';
import { type BlobStore, openDirectoryStore } from '@ciphernet/blobs';
import { type Identity, identityFingerprint, openIdentity } from '@ciphernet/identity';
import { temporaryFolder } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ownersAmong, signModel } from '../src/model-owner.js';

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
    expect(await signModel(blobs, MODEL, owner)).toBe(name);
    const another = await signModel(blobs, MODEL, attacker);
    expect([...(await ownersAmong(blobs, MODEL, [name, another, name, 'a'.repeat(64)]))]).toEqual([name, another]);
    expect((await ownersAmong(blobs, MODEL, [])).size).toBe(0);
    expect((await ownersAmong(blobs, OTHER, [name])).size).toBe(0);
  });

  it.each<[string, () => unknown]>([
    ['that somebody else signed', () => signModelOwnership(OTHER, attacker)],
    ['that the owner signed of another model', () => signModelOwnership(MODEL, owner)],
    ['whose statement was changed', () => changed(signModelOwnership(MODEL, owner))],
    ['without a signature', () => ({ statement: signModelOwnership(OTHER, owner).statement })],
    ['that is no statement', () => ({ statement: '{}', signature: 'A'.repeat(86) })],
    ['that is a list', () => []],
  ])('is nobody by a reference in their name %s', async (_what, reference) => {
    await blobs.setRef(`model-owners/${OTHER}/${name}`, JSON.stringify(reference()));
    expect((await ownersAmong(blobs, OTHER, [name])).size).toBe(0);
  });

  /** A statement of one model made to be of the other. */
  function changed({ statement, signature }: { readonly statement: string; readonly signature: string }) {
    return { statement: statement.replace(MODEL, OTHER), signature };
  }
});
