// A store that does not end. It serves what lies in the folder, as S3 would, until it is told to misbehave towards the collector.
import { createReadStream } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, isAlive, within } from './deployment.mjs';
import { claimed, storeDecisions } from './forged-result.mjs';

/** Between two bytes: less than the 30 seconds without one after which the old client gave up. */
const DRIP_MS = 5000;
/** An honest evaluation through the same store takes a few seconds. */
const BLOCKED_SECONDS = 40;

/** The most that the old store client said it would read of a blob. */
const MOST_BYTES = 256 * 2 ** 20;

async function startStore(folder) {
  const state = { behaviour: 'honest', victim: '', misdeeds: 0, sent: 0 };
  /** `/bucket/blobs/<digest>` or `/bucket/refs/<name>` to where the folder's store has it. */
  const pathOf = (url) => {
    const [, , kind, ...rest] = decodeURIComponent(new URL(url, 'http://store').pathname).split('/');
    if (kind === 'blobs') return join(folder, 'blobs', rest[0].slice(0, 2), rest[0]);
    return kind === 'refs' ? join(folder, 'refs', ...rest) : folder;
  };

  async function misbehave(response) {
    state.misdeeds++;
    if (state.behaviour === 'drip') {
      response.writeHead(200, { 'content-length': 1e6, 'content-type': 'application/octet-stream' });
      while (!response.destroyed) {
        response.write('x');
        state.sent++;
        await sleep(DRIP_MS);
      }
      return;
    }
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    const chunk = Buffer.alloc(2 ** 20, 7);
    const endless = function* () {
      for (;;) {
        state.sent += chunk.length;
        yield chunk;
      }
    };
    // It ends when the reader leaves, and not otherwise.
    await pipeline(Readable.from(endless()), response).catch(() => undefined);
  }

  async function serve(request, response) {
    const path = pathOf(request.url);
    if (request.method === 'PUT') {
      const parts = [];
      for await (const part of request) parts.push(part);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, Buffer.concat(parts));
      return response.writeHead(200, { etag: '"0"' }).end();
    }
    if (request.url.includes('list-type=2')) {
      state.misdeeds++;
      const next =
        state.behaviour === 'listing' ? `<NextContinuationToken>t${state.misdeeds}</NextContinuationToken>` : '';
      const more = `<IsTruncated>${next !== ''}</IsTruncated>${next}`;
      return response
        .writeHead(200, { 'content-type': 'application/xml' })
        .end(`<?xml version="1.0"?><ListBucketResult>${more}<KeyCount>0</KeyCount></ListBucketResult>`);
    }
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return response.writeHead(404).end();
    if (request.method === 'HEAD') return response.writeHead(200, { 'content-length': found.size }).end();
    if (state.behaviour !== 'honest' && path.endsWith(state.victim)) return misbehave(response);
    response.writeHead(200, { 'content-length': found.size });
    createReadStream(path).pipe(response);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    state,
    env: {
      BLOB_URL: `s3://ciphernet?endpoint=http://127.0.0.1:${server.address().port}&region=us-east-1`,
      AWS_ACCESS_KEY_ID: 'any',
      AWS_SECRET_ACCESS_KEY: 'any',
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** An evaluation whose result does not arrive, and one behind it whose result would. @returns bytes that were sent */
async function blocks(parties, { datasets, model }, behaviour) {
  const { digest, manifest, labels } = datasets.private;
  const [victim, other] = await Promise.all(
    [labels, labels.map(() => 0)].map((classes) => storeDecisions(parties, manifest, 0, classes)),
  );
  const store = await startStore(join(parties.data, 'store'));
  try {
    const collector = await parties.startCollector(store.env);
    let result = victim;
    const attacker = parties.answerInfer((shard) => claimed(shard, result));
    const request = { manifest: digest, shards: 1, model };
    const served = await parties.ended(await parties.enqueue(request), BLOCKED_SECONDS);
    expect(served?.returnvalue, `the store serves the collector before: ${served?.failedReason}`);
    Object.assign(store.state, { victim, behaviour });
    const first = await parties.enqueue(request);
    expect(await within(30, () => store.state.misdeeds > 0), 'the collector asks for the result');
    result = other;
    const second = await parties.enqueue(request);
    const ended = await within(BLOCKED_SECONDS, async () =>
      (await parties.ended(first, 0))
        ? 'the blocked evaluation'
        : (await parties.ended(second, 0)) && 'the one behind it',
    );
    await attacker.close(true);
    expect(ended === undefined, `${ended} ended`);
    expect(isAlive(collector), 'the collector is there');
    return store.state.sent;
  } finally {
    store.stop();
  }
}

async function drip(parties, owner) {
  const sent = await blocks(parties, owner, 'drip');
  expect(sent < 50, `${sent} bytes were sent`);
  return `${sent} bytes, one every ${DRIP_MS / 1000} s, held the collector for ${BLOCKED_SECONDS} s, and an evaluation behind it`;
}

async function endless(parties, owner) {
  const sent = await blocks(parties, owner, 'endless');
  expect(sent > MOST_BYTES, `${sent} bytes were sent`);
  return `the collector read ${(sent / 2 ** 20).toFixed(0)} MiB of a result of 1 MB in ${BLOCKED_SECONDS} s, and an evaluation waited behind it`;
}

async function listing(parties) {
  const store = await startStore(join(parties.data, 'store'));
  try {
    const url = await parties.startDashboard(store.env);
    expect((await globalThis.fetch(`${url}/benchmarks`)).status === 200, 'the page answers before');
    store.state.behaviour = 'listing';
    const before = store.state.misdeeds;
    const signal = globalThis.AbortSignal.timeout(20_000);
    const answer = await globalThis.fetch(`${url}/benchmarks`, { signal }).catch((error) => error);
    expect(answer.name === 'TimeoutError', `the page answered ${answer.status}`);
    const pages = store.state.misdeeds - before;
    const later = await within(10, () => store.state.misdeeds - before > pages + 100);
    expect(later, 'it goes on asking when nobody waits any more');
    return `${pages} pages of a listing were fetched in 20 s, and it goes on after the reader has left`;
  } finally {
    store.stop();
  }
}

export const attacks = [
  { row: 18, name: 'a store that sends a byte every five seconds blocks the collector', run: drip },
  { row: 19, name: 'a body without end blocks the collector', run: endless },
  { row: 19, name: 'a listing without end is read without end', run: listing },
];
