import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { IntegrityError, sha256Hex } from '@ciphernet/foundation';
import { type BlobRef, type BlobStore, MAX_SMALL_BLOB } from './blob-store.js';
import { checkDigestName, checkRefName } from './names.js';
import { isBeyondEnd, isMissingObject, s3Error } from './s3-errors.js';
import { parseS3Url } from './s3-url.js';
import { verifying } from './verifying.js';

const CONNECT_MS = 5000;
/** Without a byte for so long a transfer is given up, and tried again. */
const IDLE_MS = 30_000;
const ATTEMPTS = 4;
/** Parts of a multipart upload: two travel at once, so this times two is the memory an upload takes. */
const PART_BYTES = 16 * 2 ** 20;

/** HTTP status of an answer to a range request. */
const PARTIAL_CONTENT = 206;

/** A blob's bytes; a broken transfer goes on where it stopped, with a range request. */
async function* download(client: S3Client, bucket: string, key: string): AsyncGenerator<Uint8Array> {
  let at = 0;
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
        attempt = 1;
        yield chunk;
      }
      return;
    } catch (error) {
      // Cut after its last byte: nothing is left to ask for, and the digest decides.
      if (at > 0 && isBeyondEnd(error)) return;
      if (attempt === ATTEMPTS || isMissingObject(error)) throw error;
    }
  }
}

/**
 * Blobs in an S3-compatible bucket: `<prefix>/blobs/<digest>`, references in `<prefix>/refs/…`. Objects appear whole by
 * S3's own promise; credentials come from the SDK's usual chain, never from the address.
 *
 * @param url `s3://bucket/prefix`, with `?endpoint=http://host:9000` and `?region=…` for stores other than AWS
 */
export async function openS3Store(url: string): Promise<BlobStore> {
  const { bucket, prefix, endpoint, region } = parseS3Url(url);
  const where = `s3://${[bucket, prefix].filter(Boolean).join('/')}`;
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(region === undefined ? {} : { region }),
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: IDLE_MS },
    // Checksums beyond S3's first API are refused by some stores; every read here verifies a SHA-256 anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const key = (...parts: string[]): string => [prefix, ...parts].filter(Boolean).join('/');
  const blobKey = (digest: string): string => key('blobs', checkDigestName(digest));
  const refKey = (name: string): string => key('refs', checkRefName(name));
  const guard = async <T>(work: Promise<T>, what: string): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw s3Error(error, `${where}, ${what}`);
    }
  };
  await guard(client.send(new HeadBucketCommand({ Bucket: bucket })), 'opening');

  const size = async (digest: string): Promise<number> => {
    const Key = blobKey(digest);
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key })).catch((error: unknown) => {
      if (!isMissingObject(error)) throw s3Error(error, `${where}, blob ${digest}`);
      throw new IntegrityError(`blob ${digest} is not there`, { where, hint: 'encrypt, train or evaluate again' });
    });
    return head.ContentLength ?? 0;
  };

  async function* verified(digest: string): AsyncGenerator<Uint8Array> {
    try {
      yield* verifying(download(client, bucket, blobKey(digest)), digest, where);
    } catch (error) {
      throw s3Error(error, `${where}, blob ${digest}`);
    }
  }

  const upload = (Key: string, Body: Readable | Uint8Array): Promise<unknown> =>
    new Upload({
      client,
      params: { Bucket: bucket, Key, Body },
      queueSize: 2,
      partSize: PART_BYTES,
      leavePartsOnError: false,
    }).done();

  /** The address is known only at the end of a stream: it is written to a local file first, then uploaded. */
  const putStream = async (content: AsyncIterable<Uint8Array>): Promise<BlobRef> => {
    const folder = await mkdtemp(join(tmpdir(), 'ciphernet-upload-'));
    const path = join(folder, 'blob');
    const hash = createHash('sha256');
    try {
      await pipeline(async function* () {
        for await (const chunk of content) {
          hash.update(chunk);
          yield chunk;
        }
      }, createWriteStream(path));
      const digest = hash.digest('hex');
      const { size: bytes } = await stat(path);
      const source = createReadStream(path, { highWaterMark: PART_BYTES });
      try {
        await guard(upload(blobKey(digest), source), `blob ${digest}`);
      } finally {
        source.destroy();
      }
      return { digest, bytes };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  return {
    description: where,
    async put(content) {
      if (!(content instanceof Uint8Array)) return putStream(content);
      const digest = sha256Hex(content);
      await guard(upload(blobKey(digest), content), `blob ${digest}`);
      return { digest, bytes: content.length };
    },
    async has(digest) {
      try {
        await client.send(new HeadObjectCommand({ Bucket: bucket, Key: blobKey(digest) }));
        return true;
      } catch (error) {
        if (isMissingObject(error)) return false;
        throw s3Error(error, `${where}, blob ${digest}`);
      }
    },
    async get(digest, maxBytes = MAX_SMALL_BLOB) {
      const bytes = await size(digest);
      if (bytes > maxBytes) {
        throw new IntegrityError(`blob ${digest} has ${bytes} bytes, at most ${maxBytes} are expected`, { where });
      }
      const content = new Uint8Array(bytes);
      let at = 0;
      for await (const chunk of verified(digest)) {
        if (at + chunk.length <= bytes) content.set(chunk, at);
        at += chunk.length;
      }
      if (at === bytes) return content;
      throw new IntegrityError(`blob ${digest} has ${at} bytes, its store says ${bytes}`, { where });
    },
    async stream(digest) {
      await size(digest);
      return Readable.from(verified(digest));
    },
    async local(digest) {
      const bytes = await size(digest);
      const folder = await mkdtemp(join(tmpdir(), 'ciphernet-blob-'));
      const path = join(folder, randomUUID());
      const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
      try {
        // Verified as it arrives, whether or not the caller does so again: it costs no second pass.
        await pipeline(verified(digest), createWriteStream(path));
      } catch (error) {
        await remove();
        throw error;
      }
      return { path, bytes, [Symbol.asyncDispose]: remove };
    },
    async setRef(name, text) {
      await guard(client.send(new PutObjectCommand({ Bucket: bucket, Key: refKey(name), Body: text })), name);
    },
    async getRef(name) {
      const Key = refKey(name);
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
        return await Body?.transformToString('utf8');
      } catch (error) {
        if (isMissingObject(error)) return undefined;
        throw s3Error(error, `${where}, ${name}`);
      }
    },
    async listRefs(below) {
      const base = key('refs');
      const names: string[] = [];
      let token: string | undefined;
      do {
        const page = await guard(
          client.send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: `${refKey(below)}/`,
              ...(token === undefined ? {} : { ContinuationToken: token }),
            }),
          ),
          below,
        );
        names.push(...(page.Contents ?? []).map((object) => (object.Key ?? '').slice(base.length + 1)));
        token = page.NextContinuationToken;
      } while (token !== undefined);
      return names.sort();
    },
  };
}
