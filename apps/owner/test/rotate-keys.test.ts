import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { manifestFromBytes } from '@ciphernet/artifacts';
import { openDirectoryStore } from '@ciphernet/blobs';
import { profileNamed } from '@ciphernet/ckks';
import { createProgressBoard } from '@ciphernet/command-line';
import { NO_TRANSFORM, examplesOf, readFolder } from '@ciphernet/datasets';
import { expiryIn, generateKeys, readPublicKey, readSecretKey, writeKeyFiles } from '@ciphernet/keyring';
import {
  allow,
  defaultKeysFolder,
  findConsent,
  loadOwnerConfiguration,
  readDatasetRecord,
  writeDatasetRecord,
} from '@ciphernet/owner-records';
import { idxFile, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { encryptWithProgress } from '../src/encryption.js';
import { rotateKeys } from '../src/rotate-keys.js';

const IMAGES = 30;
const MODEL = 'e'.repeat(64);

/** An owner with keys that expired yesterday, and one dataset under them on which a model is allowed. */
async function createOwner() {
  const temporary = await temporaryFolder();
  const owner = loadOwnerConfiguration({ CIPHERNET_DATA: temporary.path, CIPHERNET_PASSPHRASE: 'correct horse' });
  const source = join(temporary.path, 'tiny');
  const labels = join(source, 't10k-labels-idx1-ubyte');
  await mkdir(source);
  const pixels = Uint8Array.from({ length: IMAGES * 4 }, (_, i) => (i * 37) % 256);
  await writeFile(join(source, 't10k-images-idx3-ubyte'), idxFile([IMAGES, 2, 2], pixels));
  await writeFile(
    labels,
    idxFile(
      [IMAGES],
      Uint8Array.from({ length: IMAGES }, (_, i) => i % 2),
    ),
  );
  const profile = profileNamed('one-square');
  const keys = defaultKeysFolder(owner, profile.parameters);
  await writeKeyFiles(keys, await generateKeys(profile.parameters), owner.passphrase, expiryIn(1));
  const blobs = await openDirectoryStore(join(temporary.path, 'store'));
  const tools = { owner, blobs, signal: new AbortController().signal, board: createProgressBoard() };
  const dataset = await readFolder(source, 'test');
  const request = { examples: examplesOf(dataset, NO_TRANSFORM), source, ...profile, mode: 'public' as const };
  const { digest } = await encryptWithProgress(request, keys, tools);
  await allow(owner, digest, { models: [MODEL] });
  return {
    ...tools,
    tools,
    keys,
    digest,
    request,
    labels,
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

describe('keys that are rotated', () => {
  it('are new ones; the dataset is encrypted again under them, with what was allowed; the old ones still decrypt', async () => {
    await using made = await createOwner();
    const { owner, blobs, keys, digest, tools } = made;
    const before = await readPublicKey(keys);
    const [rotated, ...others] = await rotateKeys(keys, 90, tools);
    expect(others).toEqual([]);
    const after = await readPublicKey(keys);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    const days = (Date.parse(after.expires ?? '') - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(90);

    const manifest = manifestFromBytes(await blobs.get(rotated?.after ?? ''), 'test');
    expect(manifest.keyFingerprint).toBe(after.fingerprint);
    expect(await readDatasetRecord(owner.recordsFolder, rotated?.after ?? '')).toMatchObject({
      replaces: digest,
      keys,
    });
    expect((await findConsent(owner, rotated?.after ?? ''))?.models).toEqual([MODEL]);

    const record = await readDatasetRecord(owner.recordsFolder, digest);
    expect((await readSecretKey(record.keys, owner.passphrase)).fingerprint).toBe(before.fingerprint);
    // Once more: the successor gets a successor, and only it.
    const again = await rotateKeys(keys, 90, tools);
    expect(again.map((each) => each.before)).toEqual([rotated?.after]);
  });

  it('are finished by a second call wherever the first one stopped', async () => {
    await using made = await createOwner();
    const { keys, digest, labels, tools, owner } = made;
    const { fingerprint } = await readPublicKey(keys);
    // Between the two names: the old ones are away, the new ones not in their place.
    const staged = `${keys}-new-${fingerprint.slice(0, 16)}`;
    await writeKeyFiles(staged, await generateKeys(profileNamed('one-square').parameters), owner.passphrase);
    const retired = `${keys}-retired-${fingerprint.slice(0, 16)}`;
    const record = await readDatasetRecord(owner.recordsFolder, digest);
    await writeDatasetRecord(owner.recordsFolder, { ...record, keys: retired });
    await rename(keys, retired);
    const [rotated] = await rotateKeys(keys, 90, tools);
    expect(rotated).toMatchObject({ before: digest, after: expect.any(String) });
    expect((await readPublicKey(keys)).fingerprint).not.toBe(fingerprint);
    expect((await readdir(owner.keysFolder)).filter((name) => name.includes('-new-'))).toEqual([]);

    // With labels that were changed the dataset is not encrypted again, and nothing is lost.
    await writeFile(labels, idxFile([IMAGES], new Uint8Array(IMAGES)));
    const all = await rotateKeys(keys, 90, tools);
    for (const { after, error } of all) {
      expect(after).toBeUndefined();
      expect(String(error)).toMatch(/labels are not those/);
    }
    expect((await readDatasetRecord(owner.recordsFolder, digest)).manifest).toBe(digest);
  });

  it('encrypt nothing more once they have expired, and say what to do', async () => {
    await using made = await createOwner();
    const { keys, tools, request, owner } = made;
    const expired = join(owner.keysFolder, 'expired');
    const { parameters } = await readPublicKey(keys);
    await writeKeyFiles(expired, await generateKeys(parameters), owner.passphrase, expiryIn(-1));
    await expect(encryptWithProgress(request, expired, tools)).rejects.toThrow(/expired on \d{4}-.*keys rotate/);
    // Its own file says when; that is authenticated with the secret.
    await expect(readSecretKey(expired, owner.passphrase)).resolves.toMatchObject({ parameters });
  });

  it('are those of a folder however it is spelled', async () => {
    await using made = await createOwner();
    const { owner, keys, tools, request } = made;
    const spelled = `${relative(process.cwd(), keys)}/`;
    const { digest } = await encryptWithProgress({ ...request, source: `${request.source}/` }, spelled, tools);
    expect((await readDatasetRecord(owner.recordsFolder, digest)).keys).toBe(keys);
    const before = await readPublicKey(keys);
    const rotated = await rotateKeys(spelled, 90, tools);
    expect(rotated).toHaveLength(2);
    expect(rotated.filter(({ after }) => after === undefined)).toEqual([]);
    expect((await readPublicKey(keys)).fingerprint).not.toBe(before.fingerprint);
  });

  it('are refused where there are none', async () => {
    await using made = await createOwner();
    await expect(rotateKeys(join(made.owner.keysFolder, 'none'), 90, made.tools)).rejects.toThrow(
      /no keys.*keys create/,
    );
  });
});
