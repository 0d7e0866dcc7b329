import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openDirectoryStore } from '@ciphernet/blobs';
import { sha256Hex } from '@ciphernet/foundation';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createModelKey, isSealed, modelBlobs, modelKeyFrom, openModelKey, readModelKey } from '../src/model-key.js';

const key = modelKeyFrom(Buffer.alloc(32, 1));
const other = modelKeyFrom(Buffer.alloc(32, 2));
const content = new TextEncoder().encode('weights that nobody else reads');

describe('what is sealed', () => {
  it('opens again, whatever it is; the same content gives the same bytes, another one others', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
        expect(key.open(key.seal(a), 'test')).toEqual(a);
        expect(Buffer.from(key.seal(a)).equals(Buffer.from(key.seal(b)))).toBe(Buffer.from(a).equals(Buffer.from(b)));
        expect(isSealed(key.seal(a))).toBe(true);
      }),
    );
  });

  it('shows nothing of its content, and other bytes under another key', () => {
    const sealed = Buffer.from(key.seal(content));
    expect(sealed.includes(Buffer.from('weights'))).toBe(false);
    const theirs = Buffer.from(other.seal(content));
    expect(theirs.subarray(64).equals(sealed.subarray(64))).toBe(false);
    expect(theirs.subarray(16, 48).equals(sealed.subarray(16, 48))).toBe(false);
  });

  it('is refused where any byte of it was changed', () => {
    const sealed = key.seal(content);
    for (let at = 8; at < sealed.length; at++) {
      const changed = sealed.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => key.open(changed, 'x')).toThrow(at < 16 ? /key of another model owner/ : /was changed/);
    }
    expect(() => other.open(sealed, 'x')).toThrow(/key of another model owner.*CIPHERNET_MODEL_KEY/);
  });
});

describe('a key file', () => {
  it('is its owner’s to read, is never replaced, and opens what it sealed', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'model.key');
    await createModelKey(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await expect(createModelKey(path)).rejects.toThrow(/already there/);
    const opened = await readModelKey(path);
    expect((await openModelKey({ modelKeyFile: path }))?.open(opened.seal(content), 'x')).toEqual(content);
    expect(await openModelKey({})).toBeUndefined();
    expect(await readFile(path, 'utf8')).toContain('ciphernet-model-key');
    await chmod(path, 0o644);
    await expect(readModelKey(path)).rejects.toThrow(/can be read by others.*chmod 600/);
    await expect(readModelKey(join(folder.path, 'none'))).rejects.toThrow(/no model key.*ciphernet model key/);
  });
});

describe('a store of models', () => {
  it('seals with a key, passes what is in the clear through, and says who may read', async () => {
    await using folder = await temporaryFolder();
    const blobs = await openDirectoryStore(folder.path);
    const { digest } = await modelBlobs(blobs, key).put(content);
    expect(digest).not.toBe(sha256Hex(content));
    expect(await modelBlobs(blobs, key).get(digest)).toEqual(content);
    expect(await modelBlobs(blobs, key).get(digest, content.length)).toEqual(content);
    await expect(modelBlobs(blobs, undefined).get(digest)).rejects.toThrow(/model is sealed.*--no-compare/);
    const open = await modelBlobs(blobs, undefined).put(content);
    expect(await modelBlobs(blobs, key).get(open.digest)).toEqual(content);
  });
});
