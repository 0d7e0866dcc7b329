import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, parseJson, parseOrThrow, sha256Hex, writeOnce } from '@ciphernet/foundation';
import { z } from 'zod';
import { protect, protectionSchema, unprotect } from './protect.js';

/** A party's signing key, Ed25519, opened. The private half stays inside. */
export interface Identity {
  /** 32 bytes, base64url: what signatures are verified with. */
  readonly publicKey: string;
  /** @returns 64 bytes, base64url */
  sign(bytes: Uint8Array): string;
}

const IDENTITY_FILE = 'identity.key.json';
const schema = z.strictObject({
  format: z.literal('ciphernet-identity'),
  version: z.literal(1),
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  protection: protectionSchema,
  /** PKCS #8, sealed as the protection says. */
  key: z.base64(),
});

const bound = (publicKey: string): string => `ciphernet-identity 1 ${publicKey}`;

async function createIdentity(path: string, passphrase: string | undefined): Promise<void> {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = pair.publicKey.export({ format: 'jwk' }).x ?? '';
  const secret = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
  const { protection, bytes } = await protect(secret, passphrase, bound(publicKey));
  const key = Buffer.from(bytes).toString('base64');
  secret.fill(0);
  const file = { format: 'ciphernet-identity', version: 1, publicKey, protection, key };
  await writeOnce(path, `${JSON.stringify(file)}\n`, { mode: 0o600, folderMode: 0o700 });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Opens a party's signing key in `folder`; makes it where there is none.
 *
 * @throws InputError when the file is damaged or readable by others, or the passphrase is wrong or missing
 */
export async function openIdentity(folder: string, passphrase: string | undefined): Promise<Identity> {
  const path = join(folder, IDENTITY_FILE);
  if (!(await exists(path))) {
    try {
      await createIdentity(path, passphrase);
    } catch (error) {
      // Of two processes that make it at once, one does; the other takes what is there.
      if (!(await exists(path))) throw error;
    }
  }
  const { publicKey, protection, key } = parseOrThrow(schema, parseJson(await readFile(path, 'utf8'), path), path);
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new InputError('the signing key can be read by others', { where: path, hint: `chmod 600 ${path}` });
  }
  const sealed = new Uint8Array(Buffer.from(key, 'base64'));
  const der = await unprotect(sealed, protection, passphrase, bound(publicKey), path);
  const privateKey = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  der.fill(0);
  return {
    publicKey,
    sign: (bytes) => sign(null, bytes, privateKey).toString('base64url'),
  };
}

/** What people compare by eye or over the telephone: SHA-256 of the 32 bytes of a public key, 64 hex digits. */
export function identityFingerprint(publicKey: string): string {
  return sha256Hex(Buffer.from(publicKey, 'base64url'));
}

/** True when the signature over the bytes is of that public key; false for anything malformed. */
export function verifySignature(publicKey: string, bytes: Uint8Array, signature: string): boolean {
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    return verify(null, bytes, key, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}
