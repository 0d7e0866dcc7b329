import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type CkksParameters, assertSecure, parametersDigest, parametersFromJson } from '@ciphernet/ckks';
import {
  InputError,
  IntegrityError,
  digestSchema,
  parseJson,
  parseOrThrow,
  sha256Hex,
  writeOnce,
} from '@ciphernet/foundation';
import { protect, protectionSchema, unprotect } from '@ciphernet/identity';
import { z } from 'zod';

/** A public key: may be given to everyone who should encrypt for its owner. */
export interface PublicKeyFile {
  readonly parameters: CkksParameters;
  /** SHA-256 of the SEAL bytes; stands in every artifact made with the key. */
  readonly fingerprint: string;
  readonly bytes: Uint8Array;
  /** ISO date after which nothing is encrypted with it any more. */
  readonly expires?: string;
}

/** A secret key in memory. Never logged, never serialised elsewhere: only this package looks inside. */
export interface SecretKeyFile {
  readonly parameters: CkksParameters;
  /** Of the public key that it belongs to. */
  readonly fingerprint: string;
  readonly bytes: Uint8Array;
}

/** Name of the public key in a folder of keys. */
export const PUBLIC_KEY_FILE = 'public.key.json';
/** Name of the secret key in a folder of keys. */
export const SECRET_KEY_FILE = 'secret.key.json';

/**
 * Of key files by the ring: a public key of the conjugate-invariant one is kept with a seed, and version 2 expands it as
 * `createMaskExpander` does.
 */
const versionOf = ({ ring }: CkksParameters): number => (ring === 'standard' ? 1 : 2);

const common = {
  version: z.number(),
  parameters: z.unknown(),
  fingerprint: digestSchema,
  key: z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/),
  /** After this nothing is encrypted any more with the key; what was, is decrypted. Absent: never. */
  expires: z.iso.datetime().optional(),
};
const publicSchema = z.strictObject({ format: z.literal('ciphernet-public-key'), ...common });
const secretSchema = z.strictObject({
  format: z.literal('ciphernet-secret-key'),
  ...common,
  protection: protectionSchema,
});

/** SHA-256 of a public key's SEAL bytes, 64 hex digits: what artifacts name the key by. */
export function fingerprintOf(publicKey: Uint8Array): string {
  return sha256Hex(publicKey);
}

/** What GCM authenticates with the secret: a key file's parts cannot be swapped between files. */
function boundFields(fingerprint: string, parameters: CkksParameters, expires: string | undefined): string {
  const until = expires === undefined ? '' : ` ${expires}`;
  return `ciphernet-secret-key 1 ${fingerprint} ${parametersDigest(parameters)}${until}`;
}

/**
 * Writes both key files into `folder` (0700), the secret one 0600 and under the passphrase when there is one.
 *
 * @throws InputError for parameters below 128-bit security, when a key file is there already, or when the folder cannot
 *   be written
 */
export async function writeKeyFiles(
  folder: string,
  keys: { readonly parameters: CkksParameters; readonly publicKey: Uint8Array; readonly secretKey: Uint8Array },
  passphrase: string | undefined,
  expires?: Date,
): Promise<void> {
  assertSecure(keys.parameters, 'keys');
  const fingerprint = fingerprintOf(keys.publicKey);
  const until = expires?.toISOString();
  const bound = boundFields(fingerprint, keys.parameters, until);
  const { protection, bytes } = await protect(keys.secretKey, passphrase, bound);
  const base = {
    version: versionOf(keys.parameters),
    parameters: keys.parameters,
    fingerprint,
    ...(until === undefined ? {} : { expires: until }),
  };
  const encode = (key: Uint8Array): string =>
    Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('base64');
  const secret = { format: 'ciphernet-secret-key', ...base, protection, key: encode(bytes) };
  await writeOnce(join(folder, SECRET_KEY_FILE), `${JSON.stringify(secret)}\n`, { mode: 0o600, folderMode: 0o700 });
  const open = { format: 'ciphernet-public-key', ...base, key: encode(keys.publicKey) };
  await writeOnce(join(folder, PUBLIC_KEY_FILE), `${JSON.stringify(open)}\n`, { mode: 0o644 });
}

/** True when both key files are there; they are not read. */
export function hasKeyFiles(folder: string): boolean {
  return existsSync(join(folder, PUBLIC_KEY_FILE)) && existsSync(join(folder, SECRET_KEY_FILE));
}

function assertVersion(version: number, parameters: CkksParameters, path: string): void {
  if (version === versionOf(parameters)) return;
  throw new InputError(`a key of version ${version}, of which this program has none`, {
    where: path,
    hint: 'move the folder away, make keys with `keys create`, and encrypt again',
  });
}

async function readKeyJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new InputError('no key file', { where: path, hint: 'make keys with: ciphernet keys create' });
  }
  return parseJson(text, path);
}

/**
 * Reads the public key of a folder.
 *
 * @throws InputError when the file is missing or not one of public keys
 * @throws IntegrityError when its bytes have another fingerprint than it says
 */
export async function readPublicKey(folder: string): Promise<PublicKeyFile> {
  const path = join(folder, PUBLIC_KEY_FILE);
  const json = parseOrThrow(publicSchema, await readKeyJson(path), path);
  const bytes = new Uint8Array(Buffer.from(json.key, 'base64'));
  const actual = fingerprintOf(bytes);
  if (actual !== json.fingerprint) {
    throw new IntegrityError(`the key's fingerprint is ${actual}, its file says ${json.fingerprint}`, { where: path });
  }
  const { expires } = json;
  const parameters = parametersFromJson(json.parameters, path);
  assertVersion(json.version, parameters, path);
  return Object.freeze({
    parameters,
    fingerprint: actual,
    bytes,
    ...(expires === undefined ? {} : { expires }),
  });
}

/**
 * Reads the secret key of a folder.
 *
 * @param passphrase needed when the file is under one
 * @throws InputError when the file is missing, not one of secret keys or readable by others, or the passphrase is wrong
 */
export async function readSecretKey(folder: string, passphrase: string | undefined): Promise<SecretKeyFile> {
  const path = join(folder, SECRET_KEY_FILE);
  const json = parseOrThrow(secretSchema, await readKeyJson(path), path);
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new InputError(`the secret key can be read by others (mode ${(mode & 0o777).toString(8)})`, {
      where: path,
      hint: `chmod 600 ${path}`,
    });
  }
  const parameters = parametersFromJson(json.parameters, path);
  assertVersion(json.version, parameters, path);
  const sealed = new Uint8Array(Buffer.from(json.key, 'base64'));
  const bytes = await unprotect(
    sealed,
    json.protection,
    passphrase,
    boundFields(json.fingerprint, parameters, json.expires),
    path,
  );
  return Object.freeze({ parameters, fingerprint: json.fingerprint, bytes });
}

/**
 * Checks that the two key files of a folder belong together, without opening the secret one. A public key that somebody put
 * in the place of the owner's would make the data theirs to read.
 *
 * @throws InputError when either file is missing or not what it should be
 * @throws IntegrityError when they do not belong together
 */
export async function assertKeyPair(folder: string): Promise<void> {
  const path = join(folder, SECRET_KEY_FILE);
  const secret = parseOrThrow(secretSchema, await readKeyJson(path), path);
  const { fingerprint } = await readPublicKey(folder);
  if (secret.fingerprint === fingerprint) return;
  throw new IntegrityError('the public key is not that of the secret key beside it', {
    where: join(folder, PUBLIC_KEY_FILE),
    hint: 'restore the public key from a backup, and find out who replaced it; or make new keys in another folder',
  });
}

/** @throws InputError for a key that has expired */
export function assertNotExpired({ expires }: Pick<PublicKeyFile, 'expires'>, folder: string, now = new Date()): void {
  if (expires === undefined || now < new Date(expires)) return;
  throw new InputError(`the keys expired on ${expires.slice(0, 10)}: nothing more is encrypted with them`, {
    where: folder,
    hint: 'make new ones, and encrypt what they were used for again: ciphernet keys rotate',
  });
}

/**
 * Compares the fingerprint that a thing was made for with the one at hand.
 *
 * @param what names the thing, like `the result`
 * @throws IntegrityError when they differ
 */
export function assertSameKey(actual: string, expected: string, what: string, where: string): void {
  if (actual === expected) return;
  throw new IntegrityError(`${what} was made for key ${actual.slice(0, 16)}…, this is key ${expected.slice(0, 16)}…`, {
    where,
    hint: 'use the folder of keys that the dataset was encrypted with',
  });
}
