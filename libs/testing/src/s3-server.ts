import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What s3rver takes for its own credentials. */
export const S3_CREDENTIALS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' } as const;

/** A store of a test's own, with the bucket `ciphernet`. */
export interface TestS3 extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** Lets requests in that are signed by another key. */
  addKey(id: string, secret: string): void;
}

/** The address of a prefix of the bucket, at the store itself or at what stands before it. */
export function s3Url(endpoint: string, prefix = ''): string {
  const path = prefix === '' ? '' : `/${prefix}`;
  return `s3://ciphernet${path}?endpoint=${encodeURIComponent(endpoint)}&region=us-east-1`;
}

/** Starts a real S3 server, which checks signatures, on a free port. @param folder below which it keeps its objects */
export async function startS3(folder: string): Promise<TestS3> {
  const directory = join(folder, 's3');
  await mkdir(directory);
  // Only for tests that need it: it brings a web framework.
  const { default: S3rver } = await import('s3rver');
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: [{ name: 'ciphernet', configs: [] }],
  });
  const { port } = await server.run();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    addKey(id, secret) {
      const { DUMMY_ACCOUNT } = createRequire(import.meta.url)('s3rver/lib/models/account') as {
        DUMMY_ACCOUNT: { createKeyPair(key: string, word: string): void };
      };
      DUMMY_ACCOUNT.createKeyPair(id, secret);
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}
