import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hasRedisServer, startRedis, temporaryFolder } from '@ciphernet/testing';
import { describe, expect, it } from '@jest/globals';
import { openQueueBackend } from '../src/backend.js';
import { enqueueEvaluation } from '../src/flow.js';
import { startTracing } from '../src/telemetry.js';

const suite = hasRedisServer() ? describe : describe.skip;

suite('tracing', () => {
  it('is off unless an endpoint is configured', async () => {
    expect(await startTracing({})).toBeUndefined();
  });

  it('sends spans of jobs to the endpoint, and no job data', async () => {
    const bodies: string[] = [];
    const server = createServer((request: IncomingMessage, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
      request.on('end', () => {
        bodies.push(body);
        response.end('{}');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const variable = 'OTEL_EXPORTER_OTLP_ENDPOINT';
    process.env[variable] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await using folder = await temporaryFolder();
    await using redis = await startRedis();
    try {
      const backend = await openQueueBackend({ redisUrl: redis.url, folder: folder.path, prefix: 'traced' });
      const worker = backend.worker('infer', () => Promise.resolve('done'), {});
      const completed = once(worker, 'completed');
      const request = { manifest: 'a'.repeat(64), model: 'b'.repeat(64), engine: 'simd', shards: 1, compare: false };
      await enqueueEvaluation(backend.flows(), 'eval-traced', request);
      await completed;
      await backend.close();
    } finally {
      Reflect.deleteProperty(process.env, variable);
      server.closeAllConnections();
      server.close();
    }
    const sent = bodies.join('\n');
    expect(sent).toContain('eval-traced-shard-0');
    expect(sent).not.toContain('a'.repeat(64));
  });
});
