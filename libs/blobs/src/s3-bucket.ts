import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { checkDigestName, checkRefName } from './names.js';
import { s3Error } from './s3-errors.js';
import { parseS3Url } from './s3-url.js';

const CONNECT_MS = 5000;
/** Without a byte for so long a transfer is given up, and tried again. */
const IDLE_MS = 30_000;

/** Times that a request, and a transfer without progress, is tried. */
export const ATTEMPTS = 4;

/** A bucket that answered, and the names of what is in it. */
export interface S3Bucket {
  readonly client: S3Client;
  readonly bucket: string;
  /** `s3://bucket/prefix`, for messages. */
  readonly where: string;
  /** Key that all references are below. */
  readonly refsKey: string;
  /** @throws InputError unless the digest is one */
  blobKey(digest: string): string;
  /** @throws InputError unless the name is one of a reference */
  refKey(name: string): string;
  /** The SDK's error as one of ours; `what` names the blob or reference. */
  error(error: unknown, what: string): Error;
  /** Waits for the work; its errors become ours. */
  guard<T>(work: Promise<T>, what: string): Promise<T>;
}

/**
 * Connects to a bucket and asks whether it is there.
 *
 * @throws InputError for a wrong address, a bucket that is not there, no access or no region
 * @throws UnavailableError when the store does not answer
 */
export async function openS3Bucket(url: string): Promise<S3Bucket> {
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
  const errorOf = (error: unknown, what: string): Error => s3Error(error, `${where}, ${what}`);
  const guard = async <T>(work: Promise<T>, what: string): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw errorOf(error, what);
    }
  };
  await guard(client.send(new HeadBucketCommand({ Bucket: bucket })), 'opening');
  return {
    client,
    bucket,
    where,
    refsKey: key('refs'),
    blobKey: (digest) => key('blobs', checkDigestName(digest)),
    refKey: (name) => key('refs', checkRefName(name)),
    error: errorOf,
    guard,
  };
}
