import { readdir, stat } from 'node:fs/promises';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { identityFingerprint, openIdentity, verifySignature } from '../src/identity.js';

describe('a signing key', () => {
  it('is made once, a file of its owner’s only, and asks for its passphrase', async () => {
    await using folder = await temporaryFolder();
    const first = await openIdentity(folder.path, 'correct horse');
    const [name] = await readdir(folder.path);
    expect((await stat(`${folder.path}/${name ?? ''}`)).mode & 0o077).toBe(0);
    expect((await openIdentity(folder.path, 'correct horse')).publicKey).toBe(first.publicKey);
    await expect(openIdentity(folder.path, 'battery staple')).rejects.toThrow(/passphrase is wrong/);
    await expect(openIdentity(folder.path, undefined)).rejects.toThrow(/set CIPHERNET_PASSPHRASE/);
  });

  it('is one key, also when several make it at once', async () => {
    await using folder = await temporaryFolder();
    const all = await Promise.all(Array.from({ length: 6 }, () => openIdentity(folder.path, undefined)));
    expect(new Set(all.map(({ publicKey }) => publicKey)).size).toBe(1);
    expect(await readdir(folder.path)).toHaveLength(1);
  });

  it('signs what only its own public key verifies, and anything malformed verifies as nothing', async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    const own = await openIdentity(folder.path, undefined);
    const theirs = await openIdentity(other.path, undefined);
    const bytes = new TextEncoder().encode('words');
    const signature = own.sign(bytes);
    expect(verifySignature(own.publicKey, bytes, signature)).toBe(true);
    expect(verifySignature(theirs.publicKey, bytes, signature)).toBe(false);
    expect(verifySignature(own.publicKey, new TextEncoder().encode('other'), signature)).toBe(false);
    expect(verifySignature('nothing', bytes, signature)).toBe(false);
    expect(identityFingerprint(own.publicKey)).toMatch(/^[0-9a-f]{64}$/);
  });
});
