import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { IntegrityError, hashing, sha256Hex } from '@ciphernet/foundation';
import { type BlobRef, type LocalBlob, type LocalOptions, MAX_SMALL_BLOB, assertSize } from './blob-store.js';
import { type StoreFolder, directoryError, isMissing, writeChunks } from './directory-files.js';
import { verifying } from './verifying.js';

const READ_BYTES = 2 ** 20;

/** Bytes of a blob. @throws IntegrityError when it is not there, or has more than `maxBytes` */
async function sizeOf(folder: StoreFolder, digest: string, maxBytes = Infinity): Promise<number> {
  const path = folder.blobPath(digest);
  const { size } = await stat(path).catch((error: unknown) => {
    if (!isMissing(error)) throw directoryError(error, path);
    throw new IntegrityError(`blob ${digest} is not there`, {
      where: folder.root,
      hint: 'encrypt, train or evaluate again',
    });
  });
  assertSize(digest, size, maxBytes, folder.root);
  return size;
}

/** The address is known only at the end: the content is staged in `partial/` first, then moved to its name. */
async function putStream(folder: StoreFolder, content: AsyncIterable<Uint8Array>): Promise<BlobRef> {
  const staged = folder.partialPath();
  const hashed = hashing(content);
  try {
    await writeChunks(folder, staged, hashed.chunks);
    const stored = hashed.sum();
    const target = folder.blobPath(stored.digest);
    await mkdir(dirname(target), { recursive: true });
    await rename(staged, target);
    return stored;
  } finally {
    await rm(staged, { force: true });
  }
}

/** Stores a blob; one that is there already is replaced by the same bytes. */
export async function putBlob(folder: StoreFolder, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<BlobRef> {
  if (!(content instanceof Uint8Array)) return putStream(folder, content);
  const digest = sha256Hex(content);
  await writeChunks(folder, folder.blobPath(digest), [content]);
  return { digest, bytes: content.length };
}

/** True when the blob is there. */
export async function hasBlob(folder: StoreFolder, digest: string): Promise<boolean> {
  const path = folder.blobPath(digest);
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw directoryError(error, path);
  }
}

/** A blob's content. @throws IntegrityError when it is missing, larger than `maxBytes`, or holds other bytes */
export async function getBlob(
  folder: StoreFolder,
  digest: string,
  maxBytes = MAX_SMALL_BLOB,
  room: Uint8Array = new Uint8Array(0),
): Promise<Uint8Array> {
  const bytes = await sizeOf(folder, digest, maxBytes);
  const content = await readAtOnce(
    folder.blobPath(digest),
    bytes <= room.length ? room.subarray(0, bytes) : new Uint8Array(bytes),
  );
  if (sha256Hex(content) !== digest) {
    throw new IntegrityError(`blob ${digest} holds other bytes than its address says`, {
      where: folder.root,
      hint: 'the disk or a person changed it: delete it and make it again',
    });
  }
  return content;
}

/** A file of known length in one read: `readFile` takes it in pieces and puts them together, twice the memory and the time. */
async function readAtOnce(path: string, content: Uint8Array): Promise<Uint8Array> {
  const bytes = content.length;
  const file = await open(path);
  try {
    let done = 0;
    while (done < bytes) {
      const { bytesRead } = await file.read(content, done, bytes - done, done);
      // Shorter than it was: its digest will not be right.
      if (bytesRead === 0) return content.fill(0, done);
      done += bytesRead;
    }
    return content;
  } finally {
    await file.close();
  }
}

/** The content as a stream that fails at its end when the digest is wrong. @throws IntegrityError when it is missing or larger */
export async function streamBlob(folder: StoreFolder, digest: string, maxBytes?: number): Promise<Readable> {
  await sizeOf(folder, digest, maxBytes);
  const source = createReadStream(folder.blobPath(digest), { highWaterMark: READ_BYTES });
  return Readable.from(verifying(source, digest, folder.root));
}

/** The stored file itself. @throws IntegrityError when it is missing, larger, or, unless `verify` is false, holds other bytes */
export async function localBlob(
  folder: StoreFolder,
  digest: string,
  { verify = true, maxBytes }: LocalOptions = {},
): Promise<LocalBlob> {
  const bytes = await sizeOf(folder, digest, maxBytes);
  if (verify) {
    for await (const _ of await streamBlob(folder, digest)) {
      // Reading to the end is the verification.
    }
  }
  return { path: folder.blobPath(digest), bytes, [Symbol.asyncDispose]: () => Promise.resolve() };
}
