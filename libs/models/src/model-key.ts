import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { BlobStore } from '@ciphernet/blobs';
import { InputError, IntegrityError, parseJson, parseOrThrow, writeOnce } from '@ciphernet/foundation';
import { z } from 'zod';

/**
 * A model owner's key, which the owner's workers and the auditors whom the owner accepts hold: models, circuits and states of
 * training are stored under it. What others see of a model is its digest, which is a commitment: bytes of one key and one
 * model, from which neither is found.
 *
 * A sealed blob: "CIPHSEAL", 8 bytes that name the key, 32 bytes HMAC-SHA-256 of the content, 16 bytes GCM tag, AES-256-GCM under the
 * first 12 bytes of the HMAC as nonce. So the same content gives the same bytes, as content addresses need, and no nonce
 * meets two contents (Rogaway, Shrimpton, EUROCRYPT 2006: a synthetic nonce). The HMAC is checked on opening, which ties the
 * bytes to one key and one content.
 */
const MAGIC = Buffer.from('CIPHSEAL');
const ID_BYTES = 8;
const MAC_BYTES = 32;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const HEADER_BYTES = MAGIC.length + ID_BYTES + MAC_BYTES + TAG_BYTES;
const KEY_BYTES = 32;

/** An opened key. Its bytes stay inside. */
export interface ModelKey {
  /** The same content gives the same bytes. */
  seal(content: Uint8Array): Uint8Array;
  /** @throws IntegrityError for bytes that were changed; InputError for those of another key */
  open(sealed: Uint8Array, where: string): Uint8Array;
}

const schema = z.strictObject({
  format: z.literal('ciphernet-model-key'),
  version: z.literal(1),
  key: z.string().regex(/^[0-9a-f]{64}$/, 'is not 32 bytes of hex'),
});

/** Makes a key file, 0600. @throws InputError when there is a file */
export async function createModelKey(path: string): Promise<void> {
  const file = { format: 'ciphernet-model-key', version: 1, key: randomBytes(KEY_BYTES).toString('hex') };
  await writeOnce(path, `${JSON.stringify(file)}\n`, { mode: 0o600 });
}

/** True for a blob that is under some key. */
export function isSealed(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER_BYTES && MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/** What a part of a key is used for keeps it apart from the others (HKDF, RFC 5869). */
function derive(key: Buffer, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `ciphernet model ${purpose} 1`, bytes));
}

/** The key of 32 bytes. */
export function modelKeyFrom(bytes: Buffer): ModelKey {
  const id = derive(bytes, 'id', ID_BYTES);
  const macKey = derive(bytes, 'mac', KEY_BYTES);
  const cipherKey = derive(bytes, 'cipher', KEY_BYTES);
  const macOf = (content: Uint8Array): Buffer => createHmac('sha256', macKey).update(content).digest();
  return {
    seal(content) {
      const mac = macOf(content);
      const cipher = createCipheriv('aes-256-gcm', cipherKey, mac.subarray(0, NONCE_BYTES));
      const body = Buffer.concat([cipher.update(content), cipher.final()]);
      return new Uint8Array(Buffer.concat([MAGIC, id, mac, cipher.getAuthTag(), body]));
    },
    open(sealed, where) {
      let at = MAGIC.length;
      const take = (length: number): Uint8Array => sealed.subarray(at, (at += length));
      if (!id.equals(take(ID_BYTES))) {
        throw new InputError('sealed under the key of another model owner', { where, hint: 'see CIPHERNET_MODEL_KEY' });
      }
      const mac = Buffer.from(take(MAC_BYTES));
      const options = { authTagLength: TAG_BYTES };
      const decipher = createDecipheriv('aes-256-gcm', cipherKey, mac.subarray(0, NONCE_BYTES), options);
      decipher.setAuthTag(take(TAG_BYTES));
      let content: Uint8Array | undefined;
      try {
        content = new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(at)), decipher.final()]));
      } catch {
        // Said below, like a content of another HMAC.
      }
      if (content !== undefined && timingSafeEqual(macOf(content), mac)) return content;
      throw new IntegrityError('a sealed blob was changed', { where });
    },
  };
}

/** @throws InputError for a file that is missing, damaged or readable by others */
export async function readModelKey(path: string): Promise<ModelKey> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new InputError('no model key', { where: path, hint: 'make one: ciphernet model key FILE' });
  }
  const { key } = parseOrThrow(schema, parseJson(text, path), path);
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new InputError('the model key can be read by others', { where: path, hint: `chmod 600 ${path}` });
  }
  return modelKeyFrom(Buffer.from(key, 'hex'));
}

let opened: { readonly path: string; readonly key: Promise<ModelKey> } | undefined;

/** The key that a process is configured with, read once a thread; undefined where it has none. */
export async function openModelKey({
  modelKeyFile,
}: {
  readonly modelKeyFile?: string | undefined;
}): Promise<ModelKey | undefined> {
  if (modelKeyFile === undefined) return undefined;
  if (opened?.path !== modelKeyFile) {
    const key = readModelKey(modelKeyFile);
    opened = { path: modelKeyFile, key };
    key.catch(() => (opened = undefined));
  }
  return opened?.key;
}

/** A blob's content, opened where it is sealed. @throws InputError where it is and there is no key */
export function openedContent(bytes: Uint8Array, key: ModelKey | undefined, where: string): Uint8Array {
  if (!isSealed(bytes)) return bytes;
  if (key !== undefined) return key.open(bytes, where);
  throw new InputError('the model is sealed: only its owner’s workers and auditors read it', {
    where,
    hint: 'set CIPHERNET_MODEL_KEY where it may be read; elsewhere evaluate with --no-compare, and encrypt with --profile',
  });
}

function withinBytes(content: Uint8Array, most: number | undefined, where: string): Uint8Array {
  if (most === undefined || content.length <= most) return content;
  throw new IntegrityError(`${content.length} bytes, at most ${most} are expected`, { where });
}

/**
 * A store in which what is put is sealed and what is got is opened; blobs in the clear are read as they are. References stay what
 * they are.
 *
 * @param key without one nothing is sealed, and what is sealed is refused
 */
export function modelBlobs(blobs: BlobStore, key: ModelKey | undefined): BlobStore {
  return {
    ...blobs,
    put: (content) => {
      if (!(content instanceof Uint8Array)) throw new TypeError('models are stored whole');
      return blobs.put(key === undefined ? content : key.seal(content));
    },
    async get(digest, maxBytes) {
      const bytes = await blobs.get(digest, maxBytes === undefined ? undefined : maxBytes + HEADER_BYTES);
      const where = `blob ${digest.slice(0, 12)}`;
      return withinBytes(openedContent(bytes, key, where), maxBytes, where);
    },
  };
}
