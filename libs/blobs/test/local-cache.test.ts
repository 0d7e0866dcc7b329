import { readFile, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import type { BlobStore } from '../src/blob-store.js';
import { openDirectoryStore } from '../src/directory-store.js';
import { withLocalCache } from '../src/local-cache.js';
import { conformance } from './conformance.js';

interface Opened extends AsyncDisposable {
  readonly store: BlobStore;
  readonly folder: string;
  /** Digests that were fetched from the store behind the cache. */
  readonly fetched: string[];
  readonly tamper: (digest: string) => Promise<void>;
}

/** A folder stands for the remote store: what lies behind the cache makes no difference to it. */
async function open(maxBytes = 1e9): Promise<Opened> {
  const remote = await temporaryFolder();
  const cache = await temporaryFolder();
  const behind = await openDirectoryStore(remote.path);
  const fetched: string[] = [];
  const counted: BlobStore = {
    ...behind,
    stream: (digest, most) => {
      fetched.push(digest);
      return behind.stream(digest, most);
    },
  };
  return {
    store: await withLocalCache(counted, { folder: cache.path, maxBytes }),
    folder: cache.path,
    fetched,
    tamper: (digest) => writeFile(join(remote.path, 'blobs', digest.slice(0, 2), digest), 'ciphertexT'),
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]();
      await remote[Symbol.asyncDispose]();
    },
  };
}

async function read(store: BlobStore, digest: string): Promise<string> {
  await using local = await store.local(digest);
  return await readFile(local.path, 'utf8');
}

conformance('a store behind a local cache', () => open());

describe('a local cache', () => {
  it('fetches a blob once', async () => {
    await using opened = await open();
    const { store, fetched, folder } = opened;
    const { digest } = await store.put(Buffer.from('shard'));
    expect([await read(store, digest), await read(store, digest)]).toEqual(['shard', 'shard']);
    expect(fetched).toEqual([digest]);
    expect(await readdir(folder)).toEqual([digest]);
  });

  it('fetches a blob again when its copy was damaged', async () => {
    await using opened = await open();
    const { store, fetched, folder } = opened;
    const { digest } = await store.put(Buffer.from('shard'));
    await read(store, digest);
    await writeFile(join(folder, digest), 'sharD');
    expect(await read(store, digest)).toBe('shard');
    expect(fetched.length).toBe(2);
  });

  it('drops what was not used for longest, but not from under a reader', async () => {
    await using opened = await open(25);
    const { store, fetched, folder } = opened;
    const put = async (text: string): Promise<string> => (await store.put(Buffer.from(text))).digest;
    const [first, second, third] = [await put('0123456789'), await put('abcdefghij'), await put('ABCDEFGHIJ')];
    await using held = await store.local(first);
    await read(store, second);
    await utimes(join(folder, first), 1, 1);
    await read(store, third);
    expect((await readdir(folder)).filter((name) => !name.startsWith('lease-')).sort()).toEqual([second, third].sort());
    expect(await readFile(held.path, 'utf8')).toBe('0123456789');
    await read(store, first);
    expect(fetched).toEqual([first, second, third, first]);
  });

  it('does not keep a blob that is larger than all it may hold', async () => {
    await using opened = await open(5);
    const { store, folder } = opened;
    const { digest } = await store.put(Buffer.from('0123456789'));
    expect(await read(store, digest)).toBe('0123456789');
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves nothing behind when the store has no such blob', async () => {
    await using opened = await open();
    const { store, folder } = opened;
    await expect(store.local('0'.repeat(64))).rejects.toThrow(/is not there/);
    expect(await readdir(folder)).toEqual([]);
  });
});
