import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the proxy does to what comes from the store. */
export type Behaviour = 'honest' | 'slow' | 'failing' | 'lying';

export interface LyingProxy extends AsyncDisposable {
  readonly url: string;
  behave(behaviour: Behaviour): void;
  /** Answers that were tampered with, delayed or refused. */
  readonly misdeeds: () => number;
}

const DELAY_MS = 1500;
/** Flips are made in bodies that are larger than this: shards, not manifests or references. */
const LARGE = 1_000_000;

/** A proxy in front of an S3 store that can be slow, fail, or flip a byte of what it passes on. */
export async function startLyingProxy(target: string): Promise<LyingProxy> {
  let behaviour: Behaviour = 'honest';
  let misdeeds = 0;
  const { hostname, port } = new URL(target);
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { method, url: path, headers } = incoming;
    const upstream = send({ hostname, port, method, path, headers }, (answer) => {
      const length = Number(answer.headers['content-length'] ?? 0);
      const isLie = behaviour === 'lying' && method === 'GET' && length > LARGE;
      if (isLie) misdeeds++;
      let at = 0;
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('data', (chunk: Buffer) => {
        if (isLie && at <= LARGE && at + chunk.length > LARGE) chunk[LARGE - at]! ^= 1;
        at += chunk.length;
        outgoing.write(chunk);
      });
      answer.on('end', () => outgoing.end());
    });
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  };
  const server = createServer((incoming, outgoing) => {
    if (behaviour === 'failing') {
      misdeeds++;
      incoming.resume();
      outgoing.writeHead(503).end();
    } else if (behaviour === 'slow') {
      misdeeds++;
      void sleep(DELAY_MS).then(() => forward(incoming, outgoing));
    } else forward(incoming, outgoing);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behave: (next) => {
      behaviour = next;
    },
    misdeeds: () => misdeeds,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
