import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { openDirectoryStore } from '../src/directory-store.js';
import { conformance } from './conformance.js';

conformance('the directory store', async () => {
  const folder = await temporaryFolder();
  return {
    store: await openDirectoryStore(folder.path),
    tamper: (digest) => writeFile(join(folder.path, 'blobs', digest.slice(0, 2), digest), 'ciphertexT'),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});

describe('the directory store', () => {
  it('leaves no partial file behind, whatever happens', async () => {
    await using folder = await temporaryFolder();
    const store = await openDirectoryStore(folder.path);
    await store.put(Buffer.from('x'));
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from('half'));
      throw new Error('broke');
    };
    // What the source says, though a write of its was on the way.
    await expect(store.put(failing())).rejects.toThrow('broke');
    expect(await readdir(join(folder.path, 'partial'))).toEqual([]);
  });

  it('keeps chunks in their order, of whatever size, while they are hashed ahead of being written', async () => {
    await using folder = await temporaryFolder();
    const store = await openDirectoryStore(folder.path);
    const chunks = Array.from({ length: 40 }, (_, i) => Buffer.alloc((i % 5) * 300_000 + 1, i));
    const { digest, bytes } = await store.put(
      (async function* () {
        for (const chunk of chunks) yield await Promise.resolve(chunk);
      })(),
    );
    const content = Buffer.concat(chunks);
    expect([digest, bytes]).toEqual([createHash('sha256').update(content).digest('hex'), content.length]);
    expect(content.equals(await readFile(join(folder.path, 'blobs', digest.slice(0, 2), digest)))).toBe(true);
  });

  it('says at once when its folder cannot be made or written', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'file'), '');
    await expect(openDirectoryStore(join(folder.path, 'file', 'below'))).rejects.toThrow(
      /blob store failed \(ENOTDIR\).*CIPHERNET_DATA/,
    );
  });
});
