import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { InputError } from '@ciphernet/foundation';
import { z } from 'zod';

/** OWASP's recommendation for scrypt (2024): N = 2^17, r = 8, p = 1, 128 MiB and about 0.4 s. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1 } as const;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** NIST SP 800-38D: 96-bit IV for GCM; a fresh one a file, under a fresh salt, never repeats under one key. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

const hex = (bytes: number): z.ZodString =>
  z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `is not ${bytes} bytes of hex`);

/** How a key file says that its key is protected: not at all, or under a passphrase. */
export const protectionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('scrypt-aes-256-gcm'),
    // Bounded, so that a hostile file cannot ask for gigabytes.
    N: z.literal([2 ** 15, 2 ** 16, 2 ** 17, 2 ** 18]),
    r: z.literal(8),
    p: z.literal(1),
    salt: hex(SALT_BYTES),
    iv: hex(IV_BYTES),
    tag: hex(TAG_BYTES),
  }),
]);

/** A parsed protection. */
export type Protection = z.infer<typeof protectionSchema>;

function deriveKey(passphrase: string, salt: Buffer, N: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N, r: SCRYPT.r, p: SCRYPT.p, maxmem: 256 * N * SCRYPT.r };
    scrypt(passphrase.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/**
 * Encrypts `secret` under the passphrase; without one it stays in the clear.
 *
 * @param bound the file's other fields, authenticated with the secret
 */
export async function protect(
  secret: Uint8Array,
  passphrase: string | undefined,
  bound: string,
): Promise<{ readonly protection: Protection; readonly bytes: Uint8Array }> {
  if (passphrase === undefined || passphrase === '') return { protection: { kind: 'none' }, bytes: secret };
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const key = await deriveKey(passphrase, salt, SCRYPT.N);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(bound));
  const bytes = Buffer.concat([cipher.update(secret), cipher.final()]);
  key.fill(0);
  const tag = cipher.getAuthTag().toString('hex');
  const protection = {
    kind: 'scrypt-aes-256-gcm',
    ...SCRYPT,
    salt: salt.toString('hex'),
    iv: iv.toString('hex'),
    tag,
  } as const;
  return { protection, bytes };
}

/**
 * The secret again. A wrong passphrase and a changed file look the same, by design of GCM.
 *
 * @param bound the file's other fields, as they were when it was protected
 * @param where names the file in errors
 * @param named what is protected and what it lies in, for errors
 * @throws InputError when the passphrase is missing or wrong, or the file was changed
 */
export async function unprotect(
  bytes: Uint8Array,
  protection: Protection,
  passphrase: string | undefined,
  bound: string,
  where: string,
  named = { secret: 'the secret key is', file: 'key file' },
): Promise<Uint8Array> {
  if (protection.kind === 'none') return bytes;
  if (passphrase === undefined || passphrase === '') {
    throw new InputError(`${named.secret} under a passphrase`, { where, hint: 'set CIPHERNET_PASSPHRASE' });
  }
  const key = await deriveKey(passphrase, Buffer.from(protection.salt, 'hex'), protection.N);
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(protection.iv, 'hex'), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(bound));
  decipher.setAuthTag(Buffer.from(protection.tag, 'hex'));
  try {
    // A plain Uint8Array of its own: SEAL's loader does not take Node's Buffer.
    return new Uint8Array(Buffer.concat([decipher.update(bytes), decipher.final()]));
  } catch {
    // The cause is left out: nothing about the secret may travel with an error.
    throw new InputError(`the passphrase is wrong, or the ${named.file} was changed`, {
      where,
      hint: 'check CIPHERNET_PASSPHRASE',
    });
  } finally {
    key.fill(0);
  }
}
