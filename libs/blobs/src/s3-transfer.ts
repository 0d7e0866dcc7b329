import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { IntegrityError, UnavailableError, hashing } from '@ciphernet/foundation';
import type { BlobRef } from './blob-store.js';
import { ATTEMPTS, type S3Bucket } from './s3-bucket.js';
import { isBeyondEnd, isMissingObject } from './s3-errors.js';
import { verifying } from './verifying.js';

/** Parts of a multipart upload: two travel at once, so this times two is the memory an upload takes. */
const PART_BYTES = 16 * 2 ** 20;

/** HTTP status of an answer to a range request. */
const PARTIAL_CONTENT = 206;

/** A transfer may take so long whatever its size, and then so many bytes a second at least: a drip must not hold a job for ever. */
const GRACE_MS = 60_000;
const LEAST_BYTES_A_SECOND = 64 * 1024;

/**
 * @param elapsed milliseconds since the transfer began
 * @throws UnavailableError when the transfer is slower than it may be, IntegrityError when it is longer
 */
export function checkPace(at: number, bytes: number, elapsed: number, where: string): void {
  if (at > bytes) throw new IntegrityError(`a blob of ${bytes} bytes goes on beyond its end`, { where });
  const allowed = GRACE_MS + (1000 * at) / LEAST_BYTES_A_SECOND;
  if (elapsed <= allowed) return;
  throw new UnavailableError(`the store sends less than ${LEAST_BYTES_A_SECOND} bytes a second`, {
    where,
    hint: 'look at the store and the network; the job is tried again',
  });
}

/** An object's bytes; a broken transfer goes on where it stopped, with a range request. */
async function* download({ client, bucket, where }: S3Bucket, key: string, bytes: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  const started = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      const range = at === 0 ? {} : { Range: `bytes=${at}-` };
      const { Body, $metadata } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...range }));
      // A store that knows no ranges begins anew: what was passed on is skipped.
      let skip = $metadata.httpStatusCode === PARTIAL_CONTENT ? 0 : at;
      for await (const part of Body as Readable) {
        const chunk = (part as Uint8Array).subarray(skip);
        skip -= Math.min(skip, (part as Uint8Array).length);
        if (chunk.length === 0) continue;
        at += chunk.length;
        checkPace(at, bytes, performance.now() - started, where);
        attempt = 1;
        yield chunk;
      }
      return;
    } catch (error) {
      // Cut after its last byte: nothing is left to ask for, and the digest decides.
      if (at > 0 && isBeyondEnd(error)) return;
      if (attempt === ATTEMPTS || isMissingObject(error) || isOurs(error)) throw error;
    }
  }
}

/** What {@link checkPace} throws: trying again would be the same. */
const isOurs = (error: unknown): boolean => error instanceof IntegrityError || error instanceof UnavailableError;

/**
 * A blob's bytes, which fail at their end when the digest is wrong.
 *
 * @param bytes that the store says it has
 */
export async function* downloadBlob(store: S3Bucket, digest: string, bytes: number): AsyncGenerator<Uint8Array> {
  try {
    yield* verifying(download(store, store.blobKey(digest), bytes), digest, store.where);
  } catch (error) {
    throw store.error(error, `blob ${digest}`);
  }
}

/** Uploads a blob whose digest is known, in parts where it is large. */
export async function uploadBlob(store: S3Bucket, digest: string, body: Readable | Uint8Array): Promise<void> {
  const upload = new Upload({
    client: store.client,
    params: { Bucket: store.bucket, Key: store.blobKey(digest), Body: body },
    queueSize: 2,
    partSize: PART_BYTES,
    leavePartsOnError: false,
  });
  await store.guard(upload.done(), `blob ${digest}`);
}

/** The address is known only at the end of a stream: it is written to a local file first, then uploaded. */
export async function uploadStream(store: S3Bucket, content: AsyncIterable<Uint8Array>): Promise<BlobRef> {
  const folder = await mkdtemp(join(tmpdir(), 'ciphernet-upload-'));
  const path = join(folder, 'blob');
  const hashed = hashing(content);
  try {
    await pipeline(hashed.chunks, createWriteStream(path));
    const stored = hashed.sum();
    const source = createReadStream(path, { highWaterMark: PART_BYTES });
    try {
      await uploadBlob(store, stored.digest, source);
    } finally {
      source.destroy();
    }
    return stored;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
