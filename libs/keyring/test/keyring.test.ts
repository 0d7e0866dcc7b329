import { chmod, copyFile, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createParameters } from '@ciphernet/ckks';
import { temporaryFolder } from '@ciphernet/testing';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createResultDecryptor } from '../src/decrypt.js';
import { generateKeys } from '../src/generate.js';
import {
  PUBLIC_KEY_FILE,
  SECRET_KEY_FILE,
  assertKeyPair,
  fingerprintOf,
  readPublicKey,
  readSecretKey,
  writeKeyFiles,
} from '../src/key-files.js';

const parameters = createParameters(4096, [30, 30], 24);
let keys: Awaited<ReturnType<typeof generateKeys>>;
beforeAll(async () => {
  keys = await generateKeys(parameters);
});

describe('key files', () => {
  it('give back the keys; the secret one is for its owner only', async () => {
    await using folder = await temporaryFolder();
    await writeKeyFiles(folder.path, keys, undefined);
    const open = await readPublicKey(folder.path);
    const secret = await readSecretKey(folder.path, undefined);
    expect(open.bytes).toEqual(keys.publicKey);
    expect(new Uint8Array(secret.bytes)).toEqual(keys.secretKey);
    expect(secret.fingerprint).toBe(open.fingerprint);
    expect((await stat(join(folder.path, SECRET_KEY_FILE))).mode & 0o777).toBe(0o600);
    expect((await readdir(folder.path)).sort()).toEqual(['public.key.json', 'secret.key.json']);
  });

  it('are never replaced', async () => {
    await using folder = await temporaryFolder();
    await writeKeyFiles(folder.path, keys, undefined);
    const before = await readFile(join(folder.path, SECRET_KEY_FILE), 'utf8');
    await expect(writeKeyFiles(folder.path, keys, undefined)).rejects.toThrow(/already there/);
    expect(await readFile(join(folder.path, SECRET_KEY_FILE), 'utf8')).toBe(before);
  });

  it('under a passphrase hold no byte of the secret, and open with it only', async () => {
    await using folder = await temporaryFolder();
    await writeKeyFiles(folder.path, keys, 'correct horse');
    const text = await readFile(join(folder.path, SECRET_KEY_FILE), 'utf8');
    expect(text).not.toContain(Buffer.from(keys.secretKey).toString('base64').slice(200, 260));
    expect(new Uint8Array((await readSecretKey(folder.path, 'correct horse')).bytes)).toEqual(keys.secretKey);
    // What comes out must be what SEAL's loader takes, not only the same bytes.
    using _decryptor = await createResultDecryptor(await readSecretKey(folder.path, 'correct horse'));
    await expect(readSecretKey(folder.path, 'wrong')).rejects.toThrow(/passphrase is wrong/);
    await expect(readSecretKey(folder.path, undefined)).rejects.toThrow(/set CIPHERNET_PASSPHRASE/);
    // The public fingerprint is authenticated with the secret.
    const swapped = text.replace(fingerprintOf(keys.publicKey), 'f'.repeat(64));
    await writeFile(join(folder.path, SECRET_KEY_FILE), swapped);
    await expect(readSecretKey(folder.path, 'correct horse')).rejects.toThrow(/was changed/);
  });

  it.each([
    ['that others can read', (path: string) => chmod(path, 0o644), /can be read by others.*chmod 600/],
    ['that is cut', (path: string) => writeFile(path, '{"format":"ciphernet-sec', { mode: 0o600 }), /not JSON/],
    ['of another format', (path: string) => writeFile(path, '{"format":"x"}', { mode: 0o600 }), /not valid: format/],
  ])('%s are refused', async (_name, damage, message) => {
    await using folder = await temporaryFolder();
    await writeKeyFiles(folder.path, keys, undefined);
    await damage(join(folder.path, SECRET_KEY_FILE));
    await expect(readSecretKey(folder.path, undefined)).rejects.toThrow(message);
  });

  it.each([
    ['conjugate-invariant', 2, 1],
    ['standard', 1, 2],
  ] as const)('of the %s ring have version %i, and are refused with version %i', async (ring, version, other) => {
    await using folder = await temporaryFolder();
    const own = await generateKeys(createParameters(4096, [30, 30], 30, ring));
    await writeKeyFiles(folder.path, own, undefined);
    for (const [name, read] of [
      [PUBLIC_KEY_FILE, readPublicKey],
      [SECRET_KEY_FILE, (path: string) => readSecretKey(path, undefined)],
    ] as const) {
      const path = join(folder.path, name);
      const text = await readFile(path, 'utf8');
      await writeFile(path, text.replace(`"version":${version}`, `"version":${other}`));
      await expect(read(folder.path)).rejects.toThrow(new RegExp(`a key of version ${other}.*keys create`));
    }
  });

  it('belong together: a public key of somebody else’s in the owner’s folder is noticed', async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    await writeKeyFiles(folder.path, await generateKeys(parameters), 'correct horse');
    await writeKeyFiles(other.path, await generateKeys(parameters), undefined);
    await expect(assertKeyPair(folder.path)).resolves.toBeUndefined();
    await copyFile(join(other.path, PUBLIC_KEY_FILE), join(folder.path, PUBLIC_KEY_FILE));
    await expect(assertKeyPair(folder.path)).rejects.toThrow(/not that of the secret key beside it.*who replaced it/);
  });

  it('of insecure parameters are not written', async () => {
    await using folder = await temporaryFolder();
    const weak = await generateKeys(createParameters(1024, [30], 30));
    await expect(writeKeyFiles(folder.path, weak, undefined)).rejects.toThrow(/over the 128-bit bound/);
    expect(await readdir(folder.path)).toEqual([]);
  });
});
