import { randomBytes } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { S3_CREDENTIALS, type TestS3, s3Url, startS3, temporaryFolder } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openS3Store } from '../src/s3-store.js';
import { parseS3Url } from '../src/s3-url.js';
import { conformance } from './conformance.js';

Object.assign(process.env, S3_CREDENTIALS);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestS3;
let endpoint = '';
let prefixes = 0;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startS3(folder.path);
  endpoint = server.endpoint;
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

conformance('the S3 store', async () => {
  const prefix = `test-${prefixes++}`;
  const client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1' });
  return {
    store: await openS3Store(s3Url(endpoint, prefix)),
    tamper: async (digest) => {
      await client.send(
        new PutObjectCommand({ Bucket: 'ciphernet', Key: `${prefix}/blobs/${digest}`, Body: 'ciphertexT' }),
      );
    },
    [Symbol.asyncDispose]: () => Promise.resolve(client.destroy()),
  };
});

/** A proxy in front of the store that misbehaves: it cuts downloads after `cutAt` bytes, `times` times. */
async function cuttingProxy(
  cutAt: number,
  times: number,
): Promise<AsyncDisposable & { url: string; cuts: () => number }> {
  let cuts = 0;
  const proxy: Server = createServer((request, response) => {
    void (async () => {
      const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => name !== 'connection'));
      const upstream = await fetch(`${endpoint}${request.url ?? ''}`, {
        method: request.method ?? 'GET',
        headers: headers as Record<string, string>,
      });
      const body = Buffer.from(await upstream.arrayBuffer());
      const length = upstream.headers.get('content-length') ?? String(body.length);
      response.writeHead(upstream.status, { 'content-length': length, etag: upstream.headers.get('etag') ?? '' });
      if (request.method === 'GET' && body.length > cutAt && cuts < times) {
        cuts++;
        response.write(body.subarray(0, cutAt), () => response.destroy());
      } else response.end(request.method === 'HEAD' ? undefined : body);
    })();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cuts: () => cuts,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        proxy.closeAllConnections();
        proxy.close(() => resolve());
      }),
  };
}

describe('the S3 store', () => {
  it('uploads a large stream in parts and gives it back', async () => {
    const store = await openS3Store(s3Url(endpoint, 'large'));
    const part = randomBytes(5 * 2 ** 20);
    const { digest, bytes } = await store.put(
      (async function* () {
        for (let i = 0; i < 8; i++) yield await Promise.resolve(part);
      })(),
    );
    expect(bytes).toBe(40 * 2 ** 20);
    await using local = await store.local(digest);
    expect(local.bytes).toBe(bytes);
  });

  it('goes on where a broken download stopped', async () => {
    const content = randomBytes(3_000_000);
    const { digest } = await (await openS3Store(s3Url(endpoint, 'broken'))).put(content);
    await using proxy = await cuttingProxy(1_000_000, 2);
    // The signature covers the host: s3rver checks it against the host header, which the proxy passes on.
    const store = await openS3Store(s3Url(proxy.url, 'broken'));
    expect(Buffer.from(await store.get(digest)).equals(content)).toBe(true);
    expect(proxy.cuts()).toBe(2);
  });

  it('says so when it does not answer, when the bucket is not there and when access is refused', async () => {
    await expect(openS3Store(s3Url('http://127.0.0.1:1', 'x'))).rejects.toMatchObject({ name: 'UnavailableError' });
    const other = `s3://not-there?endpoint=${encodeURIComponent(endpoint)}&region=us-east-1`;
    await expect(openS3Store(other)).rejects.toThrow(/bucket is not there/);
  });

  it.each([
    ['http://bucket/x', /scheme/],
    ['s3://key:secret@bucket/x', /credentials do not belong/],
    ['s3://B/x', /bucket/],
    ['s3://bucket/a b', /prefix/],
    ['s3://bucket/x?endpoint=ftp://h', /endpoint/],
    ['s3://bucket/x?acl=public', /unknown parameter acl/],
    ['nothing', /not an address/],
  ])('refuses the address %s', (url, message) => {
    expect(() => parseS3Url(url)).toThrow(message);
  });
});
