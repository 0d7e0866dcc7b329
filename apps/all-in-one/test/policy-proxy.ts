import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The part of an AWS policy that is used: what is not allowed is refused. */
export interface StorePolicy {
  readonly Statement: readonly { readonly Action: readonly string[]; readonly Resource: readonly string[] }[];
}

/** A store that knows a party by its access key and holds requests against the party's policy. */
export interface PolicyProxy extends AsyncDisposable {
  readonly url: string;
  /** Requests that were refused, like `worker s3:PutObject arn:aws:s3:::ciphernet/refs/datasets/x`. */
  readonly refused: readonly string[];
}

const ACTIONS: Readonly<Record<string, string>> = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  POST: 's3:PutObject',
  DELETE: 's3:DeleteObject',
};

/** AWS's wildcards: * stands for anything, also for slashes. */
function matches(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`).test(text);
}

/**
 * Stands before a store that checks signatures, and holds every request against the policy of who signed it.
 *
 * @param policies by access key
 */
export async function startPolicyProxy(
  target: string,
  policies: Readonly<Record<string, StorePolicy>>,
): Promise<PolicyProxy> {
  const { hostname, port } = new URL(target);
  const refused: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method = '', url: path = '', headers } = incoming;
    const party = /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
    const [, bucket = '', ...key] = decodeURIComponent(path.split('?')[0] ?? '').split('/');
    const isBucket = key.join('/') === '';
    const action = isBucket ? 's3:ListBucket' : (ACTIONS[method] ?? method);
    const resource = `arn:aws:s3:::${bucket}${isBucket ? '' : `/${key.join('/')}`}`;
    const isAllowed = (policies[party]?.Statement ?? []).some(
      (statement) =>
        statement.Action.includes(action) && statement.Resource.some((pattern) => matches(pattern, resource)),
    );
    if (!isAllowed) {
      refused.push(`${party} ${action} ${resource}`);
      incoming.resume();
      outgoing.writeHead(403, { 'content-type': 'application/xml' });
      return void outgoing.end('<Error><Code>AccessDenied</Code><Message>not allowed</Message></Error>');
    }
    const upstream = send({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
