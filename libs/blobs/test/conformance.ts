import { sha256Hex } from '@ciphernet/foundation';
import { describe, expect, it } from '@jest/globals';
import type { BlobStore } from '../src/blob-store.js';

async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(part);
}

/** What every blob store promises. `tamper` changes a stored blob's bytes behind its back. */
export function conformance(
  name: string,
  open: () => Promise<AsyncDisposable & { store: BlobStore; tamper: (digest: string) => Promise<void> }>,
): void {
  describe(name, () => {
    it('gives content back by its SHA-256, put whole or in pieces', async () => {
      await using opened = await open();
      const { store } = opened;
      const whole = await store.put(Buffer.from('ciphertext'));
      const pieces = await store.put(chunks(Buffer.from('cipher'), Buffer.from('text')));
      expect(pieces).toEqual(whole);
      expect(whole.bytes).toBe(10);
      expect(Buffer.from(await store.get(whole.digest)).toString()).toBe('ciphertext');
      expect(await store.has(whole.digest)).toBe(true);
      expect(await store.has('0'.repeat(64))).toBe(false);
    });

    it('streams content and makes local copies, verified', async () => {
      await using opened = await open();
      const { store } = opened;
      const content = Buffer.alloc(3_000_000, 7);
      const { digest } = await store.put(content);
      const parts: Uint8Array[] = [];
      for await (const part of await store.stream(digest)) parts.push(part as Uint8Array);
      expect(Buffer.concat(parts).equals(content)).toBe(true);
      await using local = await store.local(digest);
      expect(local.bytes).toBe(content.length);
    });

    it('never hands out changed bytes', async () => {
      await using opened = await open();
      const { store, tamper } = opened;
      const { digest } = await store.put(Buffer.from('ciphertext'));
      await tamper(digest);
      await expect(store.get(digest)).rejects.toThrow(/other bytes/);
      await expect(store.local(digest)).rejects.toThrow(/other bytes/);
      const drain = async (): Promise<void> => {
        for await (const _ of await store.stream(digest));
      };
      await expect(drain()).rejects.toThrow(/other bytes/);
    });

    it('leaves nothing behind when a writer fails half-way', async () => {
      await using opened = await open();
      const { store } = opened;
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield await Promise.resolve(Buffer.from('half'));
        throw new Error('the source broke');
      };
      await expect(store.put(failing())).rejects.toThrow(/the source broke/);
      expect(await store.has(sha256Hex('half'))).toBe(false);
      // What it would have been found by, had it been put.
      expect((await store.put(Buffer.from('half'))).digest).toBe(sha256Hex('half'));
      expect(await store.has(sha256Hex('half'))).toBe(true);
    });

    it('says which blob is missing, and refuses one that is too large before any of it is fetched', async () => {
      await using opened = await open();
      const { store } = opened;
      await expect(store.get('1'.repeat(64))).rejects.toThrow(/blob 1{64} is not there/);
      const { digest } = await store.put(Buffer.alloc(100));
      await expect(store.get(digest, 99)).rejects.toThrow(/100 bytes, at most 99/);
      await expect(store.stream(digest, 99)).rejects.toThrow(/100 bytes, at most 99/);
      for (const verify of [true, false]) {
        await expect(store.local(digest, { verify, maxBytes: 99 })).rejects.toThrow(/100 bytes, at most 99/);
      }
      await using local = await store.local(digest, { maxBytes: 100 });
      expect(local.bytes).toBe(100);
    });

    it('keeps references, the last writer winning', async () => {
      await using opened = await open();
      const { store } = opened;
      expect(await store.getRef('results/none')).toBeUndefined();
      await store.setRef('results/one', 'first');
      await store.setRef('results/one', 'second');
      await store.setRef('results/two', 'x');
      expect(await store.getRef('results/one')).toBe('second');
      expect(await store.listRefs('results')).toEqual(['results/one', 'results/two']);
      expect(await store.listRefs('nothing')).toEqual([]);
    });

    it.each(['../escape', '/etc/passwd', 'a/../../b', 'UPPER', '', 'a//b', '.hidden'])(
      'refuses the reference name %j',
      async (bad) => {
        await using opened = await open();
        await expect(opened.store.setRef(bad, 'x')).rejects.toThrow(/not a reference name/);
      },
    );

    it.each(['../../etc/passwd', 'abc', 'G'.repeat(64)])('refuses the address %j', async (bad) => {
      await using opened = await open();
      await expect(opened.store.get(bad)).rejects.toThrow(/not a blob address/);
    });

    it('takes the same content from many writers at once', async () => {
      await using opened = await open();
      const refs = await Promise.all(Array.from({ length: 10 }, () => opened.store.put(Buffer.from('same'))));
      expect(new Set(refs.map((ref) => ref.digest)).size).toBe(1);
    });
  });
}
