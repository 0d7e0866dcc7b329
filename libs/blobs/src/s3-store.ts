import type { Readable } from 'node:stream';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { IntegrityError } from '@ciphernet/foundation';
import { type BlobStore, MOST_REF_BYTES } from './blob-store.js';
import { getBlob, hasBlob, localBlob, putBlob, streamBlob } from './s3-blobs.js';
import { type S3Bucket, openS3Bucket } from './s3-bucket.js';
import { isMissingObject } from './s3-errors.js';
import { checkPace } from './s3-transfer.js';

async function setRef(store: S3Bucket, name: string, text: string): Promise<void> {
  const put = new PutObjectCommand({ Bucket: store.bucket, Key: store.refKey(name), Body: text });
  await store.guard(store.client.send(put), name);
}

/** A reference's text, as it comes: it must not be longer than one, nor drip. */
async function textOf(body: Readable, where: string): Promise<string> {
  const parts: Uint8Array[] = [];
  const started = performance.now();
  let at = 0;
  for await (const part of body) {
    parts.push(part as Uint8Array);
    at += (part as Uint8Array).length;
    checkPace(at, MOST_REF_BYTES, performance.now() - started, where);
  }
  return Buffer.concat(parts).toString('utf8');
}

async function getRef(store: S3Bucket, name: string): Promise<string | undefined> {
  const Key = store.refKey(name);
  try {
    const { Body } = await store.client.send(new GetObjectCommand({ Bucket: store.bucket, Key }));
    return Body === undefined ? undefined : await textOf(Body as Readable, `${store.where}, ${name}`);
  } catch (error) {
    if (isMissingObject(error)) return undefined;
    throw store.error(error, name);
  }
}

/** A listing that goes on beyond this is no listing of ours: a million references. */
const MOST_PAGES = 1000;

/** Keys come in pages of at most 1,000. */
async function listRefs(store: S3Bucket, below: string): Promise<string[]> {
  const Prefix = `${store.refKey(below)}/`;
  const names: string[] = [];
  let token: string | undefined;
  let pages = 0;
  do {
    if (++pages > MOST_PAGES) {
      throw new IntegrityError('the listing does not end', {
        where: `${store.where}, ${below}`,
        hint: 'look at the store',
      });
    }
    const next = token === undefined ? {} : { ContinuationToken: token };
    const list = new ListObjectsV2Command({ Bucket: store.bucket, Prefix, ...next });
    const page = await store.guard(store.client.send(list), below);
    // A page without objects has no list.
    for (const { Key } of page.Contents ?? []) if (Key !== undefined) names.push(Key.slice(store.refsKey.length + 1));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return names.sort();
}

/**
 * Blobs in an S3-compatible bucket: `<prefix>/blobs/<digest>`, references in `<prefix>/refs/…`. Objects appear whole by
 * S3's own promise; credentials come from the SDK's usual chain, never from the address.
 *
 * @param url `s3://bucket/prefix`, with `?endpoint=http://host:9000` and `?region=…` for stores other than AWS
 * @throws InputError for a wrong address, a bucket that is not there, no access or no region
 * @throws UnavailableError when the store does not answer
 */
export async function openS3Store(url: string): Promise<BlobStore> {
  const store = await openS3Bucket(url);
  return {
    description: store.where,
    put: (content) => putBlob(store, content),
    has: (digest) => hasBlob(store, digest),
    get: (digest, maxBytes) => getBlob(store, digest, maxBytes),
    stream: (digest, maxBytes) => streamBlob(store, digest, maxBytes),
    local: (digest, options) => localBlob(store, digest, options),
    setRef: (name, text) => setRef(store, name, text),
    getRef: (name) => getRef(store, name),
    listRefs: (below) => listRefs(store, below),
  };
}
