import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { IntegrityError, sha256Hex } from '@ciphernet/foundation';
import { type BlobRef, type LocalBlob, type LocalOptions, MAX_SMALL_BLOB, assertSize } from './blob-store.js';
import type { S3Bucket } from './s3-bucket.js';
import { isMissingObject } from './s3-errors.js';
import { downloadBlob, uploadBlob, uploadStream } from './s3-transfer.js';

/** Bytes of a blob. @throws IntegrityError when it is not there, or has more than `maxBytes` */
async function sizeOf(store: S3Bucket, digest: string, maxBytes = Infinity): Promise<number> {
  const Key = store.blobKey(digest);
  const head = await store.client.send(new HeadObjectCommand({ Bucket: store.bucket, Key })).catch((error: unknown) => {
    if (!isMissingObject(error)) throw store.error(error, `blob ${digest}`);
    throw new IntegrityError(`blob ${digest} is not there`, {
      where: store.where,
      hint: 'encrypt, train or evaluate again',
    });
  });
  // A length that the store does not send counts as 0: `getBlob` then refuses any content.
  const bytes = head.ContentLength ?? 0;
  assertSize(digest, bytes, maxBytes, store.where);
  return bytes;
}

/** Stores a blob; one that is there already is replaced by the same bytes. */
export async function putBlob(store: S3Bucket, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<BlobRef> {
  if (!(content instanceof Uint8Array)) return uploadStream(store, content);
  const digest = sha256Hex(content);
  await uploadBlob(store, digest, content);
  return { digest, bytes: content.length };
}

/** True when the blob is there. */
export async function hasBlob(store: S3Bucket, digest: string): Promise<boolean> {
  const Key = store.blobKey(digest);
  try {
    await store.client.send(new HeadObjectCommand({ Bucket: store.bucket, Key }));
    return true;
  } catch (error) {
    if (isMissingObject(error)) return false;
    throw store.error(error, `blob ${digest}`);
  }
}

/** A blob's content. @throws IntegrityError when it is missing, larger than `maxBytes`, or holds other bytes */
export async function getBlob(store: S3Bucket, digest: string, maxBytes = MAX_SMALL_BLOB): Promise<Uint8Array> {
  const { where } = store;
  const bytes = await sizeOf(store, digest, maxBytes);
  const content = new Uint8Array(bytes);
  let at = 0;
  for await (const chunk of downloadBlob(store, digest, bytes)) {
    if (at + chunk.length <= bytes) content.set(chunk, at);
    at += chunk.length;
  }
  if (at === bytes) return content;
  throw new IntegrityError(`blob ${digest} has ${at} bytes, its store says ${bytes}`, { where });
}

/** The content as a stream that fails at its end when the digest is wrong. @throws IntegrityError when it is missing or larger */
export async function streamBlob(store: S3Bucket, digest: string, maxBytes?: number): Promise<Readable> {
  return Readable.from(downloadBlob(store, digest, await sizeOf(store, digest, maxBytes)));
}

/** Fetches a blob into a file of its own, which disposing of it removes. @throws like {@link getBlob} */
export async function localBlob(
  store: S3Bucket,
  digest: string,
  { maxBytes }: Pick<LocalOptions, 'maxBytes'> = {},
): Promise<LocalBlob> {
  const bytes = await sizeOf(store, digest, maxBytes);
  const folder = await mkdtemp(join(tmpdir(), 'ciphernet-blob-'));
  const path = join(folder, randomUUID());
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    // Verified as it arrives, whether or not the caller does so again: it costs no second pass.
    await pipeline(downloadBlob(store, digest, bytes), createWriteStream(path));
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, bytes, [Symbol.asyncDispose]: remove };
}
