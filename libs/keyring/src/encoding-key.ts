import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { InputError, IntegrityError, parseJson, parseOrThrow, writeOnce } from '@ciphernet/foundation';
import { protect, protectionSchema, unprotect } from '@ciphernet/identity';
import { z } from 'zod';
import { ENCODING_KEY_BYTES, encodingKeyId } from './encoding-stream.js';

/**
 * The key of an encoding, in memory: 32 bytes that everything about the encoding is derived from. Whoever has it, or enough pairs
 * of images and what they were encoded to, reconstructs what was encoded: an encoding obfuscates, it does not encrypt.
 */
export interface EncodingKey {
  /** 16 hex digits that name the key and tell nothing of it. */
  readonly id: string;
  /** 32 bytes. Never logged, never serialised elsewhere: only this package looks inside. */
  readonly bytes: Uint8Array;
}

const schema = z.strictObject({
  format: z.literal('ciphernet-encoding-key'),
  version: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{16}$/, 'is not 8 bytes of hex'),
  protection: protectionSchema,
  key: z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/),
});

const NAMED = { secret: 'the encoding key is', file: 'key file' };

/** What GCM authenticates with the secret. */
const boundFields = (id: string): string => `ciphernet-encoding-key 1 ${id}`;

/**
 * Makes a key and its file, 0600 and under the passphrase when there is one.
 *
 * @throws InputError when a file is there already, or the folder cannot be written
 */
export async function createEncodingKey(path: string, passphrase: string | undefined): Promise<EncodingKey> {
  const bytes = new Uint8Array(randomBytes(ENCODING_KEY_BYTES));
  const id = encodingKeyId(bytes);
  const { protection, bytes: sealed } = await protect(bytes, passphrase, boundFields(id));
  const key = Buffer.from(sealed).toString('base64');
  const file = { format: 'ciphernet-encoding-key', version: 1, id, protection, key };
  await writeOnce(path, `${JSON.stringify(file)}\n`, { mode: 0o600, folderMode: 0o700 });
  return Object.freeze({ id, bytes });
}

/**
 * Reads a key's file.
 *
 * @param passphrase needed when the file is under one
 * @throws InputError when the file is missing, no key of an encoding or readable by others, or the passphrase is wrong
 * @throws IntegrityError when the key is not the one that its file says
 */
export async function readEncodingKey(path: string, passphrase: string | undefined): Promise<EncodingKey> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new InputError('no key of an encoding', {
      where: path,
      hint: 'leave --key out to make one, or name the file that an earlier `dataset encode` made',
    });
  }
  const { id, protection, key } = parseOrThrow(schema, parseJson(text, path), path);
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new InputError(`the encoding key can be read by others (mode ${(mode & 0o777).toString(8)})`, {
      where: path,
      hint: `chmod 600 ${path}`,
    });
  }
  const sealed = new Uint8Array(Buffer.from(key, 'base64'));
  const bytes = await unprotect(sealed, protection, passphrase, boundFields(id), path, NAMED);
  if (bytes.length !== ENCODING_KEY_BYTES || encodingKeyId(bytes) !== id) {
    throw new IntegrityError('the key is not the one that its file says', {
      where: path,
      hint: 'restore the file from a backup',
    });
  }
  return Object.freeze({ id, bytes });
}
