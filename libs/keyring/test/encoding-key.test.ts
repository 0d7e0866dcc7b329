import { chmod, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { createEncodingKey, readEncodingKey } from '../src/encoding-key.js';

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing was refused',
    (error: unknown) => String(error),
  );

describe('the key of an encoding', () => {
  it('is 32 bytes in a file for its owner only, and never replaced', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'keys', 'encoding.key.json');
    const key = await createEncodingKey(path, undefined);
    expect(key.bytes.length).toBe(32);
    expect(await readEncodingKey(path, undefined)).toEqual(key);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder.path, 'keys'))).mode & 0o777).toBe(0o700);
    const text = await readFile(path, 'utf8');
    await expect(createEncodingKey(path, undefined)).rejects.toThrow(/already there/);
    expect(await readFile(path, 'utf8')).toBe(text);
    expect(await readdir(join(folder.path, 'keys'))).toEqual(['encoding.key.json']);
  });

  it('is another one each time, and its name tells nothing of it', async () => {
    await using folder = await temporaryFolder();
    const first = await createEncodingKey(join(folder.path, '1.key.json'), undefined);
    const second = await createEncodingKey(join(folder.path, '2.key.json'), undefined);
    expect(first.id).not.toBe(second.id);
    expect(Buffer.from(first.bytes).toString('hex')).not.toContain(first.id);
  });

  it('under a passphrase is not in its file, and opens with it only', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'encoding.key.json');
    const { bytes } = await createEncodingKey(path, 'correct horse');
    const text = await readFile(path, 'utf8');
    expect(text).not.toContain(Buffer.from(bytes).toString('base64').slice(0, 40));
    expect((await readEncodingKey(path, 'correct horse')).bytes).toEqual(bytes);
    expect(await messageOf(readEncodingKey(path, 'wrong'))).toMatch(/passphrase is wrong, or the key file was changed/);
    expect(await messageOf(readEncodingKey(path, undefined))).toMatch(/set CIPHERNET_PASSPHRASE/);
    // The name is authenticated with the secret.
    await writeFile(path, text.replace(/"id":"[0-9a-f]{16}"/, `"id":"${'0'.repeat(16)}"`));
    expect(await messageOf(readEncodingKey(path, 'correct horse'))).toMatch(/was changed/);
  });

  it('that is missing, readable by others, damaged or of another kind is refused, without a byte of it in the error', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'encoding.key.json');
    expect(await messageOf(readEncodingKey(path, undefined))).toMatch(/no key of an encoding.*leave --key out/);
    const key = await createEncodingKey(path, undefined);
    const secret = Buffer.from(key.bytes).toString('base64').slice(0, 20);
    const text = await readFile(path, 'utf8');
    await chmod(path, 0o644);
    const open = await messageOf(readEncodingKey(path, undefined));
    expect(open).toMatch(/can be read by others.*chmod 600/);
    await chmod(path, 0o600);
    for (const [wrong, said] of [
      [text.slice(0, 40), /not JSON/],
      [text.replace('encoding-key', 'secret-key'), /format/],
      [text.replace(/"key":"[^"]+"/, '"key":"AAAA"'), /not the one that its file says/],
      [text.replace(/"id":"[0-9a-f]{16}"/, `"id":"${'0'.repeat(16)}"`), /not the one that its file says/],
    ] as const) {
      await writeFile(path, wrong);
      const message = await messageOf(readEncodingKey(path, undefined));
      expect(message).toMatch(said);
      expect(message).not.toContain(secret);
    }
    expect(open).not.toContain(secret);
  });
});
