import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { MODELS } from '@ciphernet/artifacts';
import { openDirectoryStore } from '@ciphernet/blobs';
import { QUEUES, type QueueBackend, enqueueEvaluation, openQueueBackend } from '@ciphernet/queue';
import { hasRedisServer, startRedis, temporaryFolder } from '@ciphernet/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Dashboard, startDashboard } from '../src/server.js';
import { type DashboardSettings, checkSettings } from '../src/settings.js';

const PASSWORD = 'correct horse battery';
const BASE = { host: '127.0.0.1', port: 0, password: undefined, readOnly: false };
const suite = hasRedisServer() ? describe : describe.skip;

describe('settings', () => {
  it.each(['0.0.0.0', '192.0.2.1', '::', 'example.org', '127.0.0.1.example.org'])(
    'refuse to listen on %s without a password',
    (host) => {
      expect(() => checkSettings({ ...BASE, host })).toThrow(/without a password/);
      expect(checkSettings({ ...BASE, host, password: PASSWORD }).host).toBe(host);
    },
  );

  it.each(['127.0.0.1', 'localhost', '::1'])('allow %s without one', (host) => {
    expect(checkSettings({ ...BASE, host }).host).toBe(host);
  });

  it('make a dashboard without a password read-only: any user of the machine may connect', () => {
    expect(checkSettings({ ...BASE, readOnly: false }).readOnly).toBe(true);
    expect(checkSettings({ ...BASE, password: PASSWORD, readOnly: false }).readOnly).toBe(false);
  });

  it('refuse a password that is guessed', () => {
    expect(() => checkSettings({ ...BASE, password: 'short' })).toThrow(/fewer than 10 characters/);
  });
});

suite('the dashboard', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let backend: QueueBackend;
  const opened: Dashboard[] = [];
  const open = async (settings: Partial<DashboardSettings> = {}): Promise<string> => {
    const blobs = await openDirectoryStore(folder.path);
    const dashboard = await startDashboard(backend, blobs, { ...BASE, ...settings });
    opened.push(dashboard);
    return dashboard.url;
  };
  const logIn = async (url: string, password: string): Promise<Response> =>
    fetch(`${url}/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: url, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ password }),
    });
  const cookieOf = (response: Response): string =>
    response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ');

  beforeAll(async () => {
    folder = await temporaryFolder();
    redis = await startRedis();
    backend = await openQueueBackend({ redisUrl: redis.url, folder: folder.path, prefix: 'dash' });
  });
  afterAll(async () => {
    for (const dashboard of opened) await dashboard[Symbol.asyncDispose]();
    await backend.close();
    await redis[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('shows nothing before the login but whether it is up', async () => {
    const url = await open({ password: PASSWORD });
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
    for (const path of ['/api/overview', '/metrics', '/queues/api/queues', '/published/eval-x', '/overview.js']) {
      const response = await fetch(`${url}${path}`, { redirect: 'manual', headers: { accept: 'application/json' } });
      expect([path, response.status]).toEqual([path, 401]);
    }
    const page = await fetch(url, { redirect: 'manual', headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('location')]).toEqual([303, '/login']);
  });

  it('lets in who knows the password, by form or by basic authentication', async () => {
    const url = await open({ password: PASSWORD });
    expect((await logIn(url, 'wrong password')).status).toBe(401);
    const response = await logIn(url, PASSWORD);
    expect(response.status).toBe(303);
    expect(response.headers.get('set-cookie')).toMatch(/httponly/i);
    expect(response.headers.get('set-cookie')).toMatch(/samesite=strict/i);
    const cookie = cookieOf(response);
    const forged = cookie.replace(/ciphernet\.sig=[^;]*/, 'ciphernet.sig=AAAAAAAAAAAAAAAAAAAAAAAAAAA');
    const accept = 'application/json';
    expect((await fetch(`${url}/api/overview`, { headers: { cookie: forged, accept } })).status).toBe(401);
    expect((await fetch(`${url}/api/overview`, { headers: { cookie, accept } })).status).toBe(200);
    const site = { host: new URL(url).host, origin: url };
    await fetch(`${url}/logout`, { method: 'POST', redirect: 'manual', headers: { cookie, ...site } });
    // Over, also for who has copied the cookie.
    expect((await fetch(`${url}/api/overview`, { headers: { cookie, accept } })).status).toBe(401);
    const basic = `Basic ${Buffer.from(`prometheus:${PASSWORD}`).toString('base64')}`;
    const metrics = await fetch(`${url}/metrics`, { headers: { authorization: basic } });
    expect(await metrics.text()).toContain('ciphernet_jobs{queue="infer",state="active"} 0');
  });

  it('says that a login of two megabytes is too large', async () => {
    const url = await open({ password: PASSWORD });
    expect((await logIn(url, 'x'.repeat(2_000_000))).status).toBe(413);
  });

  it('stops a guesser', async () => {
    const url = await open({ password: PASSWORD });
    for (let i = 0; i < 10; i++) expect((await logIn(url, `guess number ${i}`)).status).toBe(401);
    const started = performance.now();
    const flood = Array.from({ length: 25 }, (_, i) => logIn(url, `more ${i}`));
    const statuses = (await Promise.all(flood)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(5);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(20);
    expect(performance.now() - started).toBeGreaterThan(1900);
    // Slowed down like everyone from that address, and heard: nobody is locked out.
    expect((await logIn(url, PASSWORD)).status).toBe(303);
  });

  it('sends its cookie over TLS only where a proxy ends TLS, and tells clients behind it apart', async () => {
    const url = await open({ password: PASSWORD, behindTls: true });
    const from = (address: string, password: string): Promise<Response> =>
      fetch(`${url}/login`, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          origin: url,
          'content-type': 'application/x-www-form-urlencoded',
          'x-forwarded-for': address,
          'x-forwarded-proto': 'https',
        },
        body: new URLSearchParams({ password }),
      });
    for (let i = 0; i < 11; i++) await from('192.0.2.1', `guess number ${i}`);
    const started = performance.now();
    const response = await from('192.0.2.2', PASSWORD);
    expect(performance.now() - started).toBeLessThan(1500);
    expect(response.headers.get('set-cookie')).toMatch(/secure/i);
  });

  it('refuses what another site sends with a person’s session', async () => {
    const url = await open({ password: PASSWORD });
    const cookie = cookieOf(await logIn(url, PASSWORD));
    const headers: Record<string, string>[] = [
      { cookie, origin: 'https://evil.example' },
      { cookie, 'sec-fetch-site': 'cross-site', origin: url },
      { cookie },
    ];
    for (const from of headers) {
      const response = await fetch(`${url}/queues/api/queues/infer/pause`, { method: 'PUT', headers: from });
      expect(response.status).toBe(403);
    }
    expect(await backend.queue(QUEUES.infer).isPaused()).toBe(false);
    const own = await fetch(`${url}/queues/api/queues/infer/pause`, {
      method: 'PUT',
      headers: { cookie, origin: url },
    });
    expect(own.status).toBe(200);
    expect(await backend.queue(QUEUES.infer).isPaused()).toBe(true);
    await backend.queue(QUEUES.infer).resume();
  });

  it('changes nothing when it is read-only', async () => {
    const url = await open({ readOnly: true });
    const response = await fetch(`${url}/queues/api/queues/infer/pause`, { method: 'PUT', headers: { origin: url } });
    expect(response.status).toBe(403);
    expect(await backend.queue(QUEUES.infer).isPaused()).toBe(false);
  });

  it('sends security headers with every page', async () => {
    const url = await open();
    const { headers } = await fetch(url);
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('content-security-policy')).not.toContain("script-src 'unsafe-inline'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    // Anything stricter makes browsers send `Origin: null` with the login over plain HTTP.
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.has('x-powered-by')).toBe(false);
  });

  it.each([
    '/published/eval-none',
    '/published/..%2f..%2fetc%2fpasswd',
    '/reports/eval-none',
    '/nothing',
    '/published/%3Cscript%3E',
  ])('has no page %s, and says so', async (path) => {
    const response = await fetch(`${await open()}${path}`);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('<script>');
  });

  it('says what an evaluation is doing, and leaves out jobs that are not of ours', async () => {
    const url = await open();
    const digest = 'a'.repeat(64);
    const request = { manifest: digest, model: digest, engine: 'simd', shards: 2, compare: false };
    const named = 'b'.repeat(64);
    await MODELS.set(await openDirectoryStore(folder.path), named, { name: 'small cnn' });
    await enqueueEvaluation(backend.flows(), 'eval-waiting', { ...request, model: named });
    await backend.queue(QUEUES.collect).add('collect', { evaluation: '<script>' });
    const overview = (await (await fetch(`${url}/api/overview`)).json()) as { evaluations: { id: string }[] };
    expect(overview.evaluations).toEqual([
      expect.objectContaining({ id: 'eval-waiting', state: 'waiting', progress: 0, shards: 2 }),
    ]);
    // By name where it is known, otherwise by the digest's first digits.
    expect(overview.evaluations).toEqual([
      expect.objectContaining({ model: 'small cnn', dataset: digest.slice(0, 12) }),
    ]);
  });

  it('goes on showing everything else when a job’s data is no JSON', async () => {
    const url = await open();
    const digest = 'a'.repeat(64);
    const request = { manifest: digest, model: digest, engine: 'simd', shards: 1, compare: false };
    await enqueueEvaluation(backend.flows(), 'eval-beside', request);
    const broken = await backend.queue(QUEUES.infer).add('infer', { shard: 0 });
    const write = (key: string, data: string): unknown =>
      execFileSync('redis-cli', ['-u', redis.url, 'hset', key, 'data', data], { stdio: 'ignore' });
    write(`dash:infer:${broken.id ?? ''}`, '{"shard":');
    const collect = await backend.queue(QUEUES.collect).add('collect', {});
    write(`dash:collect:${collect.id ?? ''}`, 'not JSON');
    const overview = await fetch(`${url}/api/overview`);
    expect(overview.status).toBe(200);
    const { evaluations } = (await overview.json()) as { evaluations: { id: string }[] };
    expect(evaluations.map(({ id }) => id)).toContain('eval-beside');
    for (const queue of ['infer', 'collect']) {
      const board = await fetch(`${url}/queues/api/queues?activeQueue=${queue}&status=latest&page=1&jobsPerPage=10`);
      expect([queue, board.status]).toEqual([queue, 200]);
    }
  });

  it('says so when the port is taken', async () => {
    const port = Number(new URL(await open()).port);
    await expect(open({ port })).rejects.toThrow(/cannot listen \(EADDRINUSE\)/);
  });
});

describe('the dashboard of an embedded queue', () => {
  it('counts the workers that announced themselves, and claims nothing of the queue that none announces', async () => {
    await using folder = await temporaryFolder();
    const backend = await openQueueBackend({ folder: join(folder.path, 'queue'), prefix: 'board' });
    try {
      const blobs = await openDirectoryStore(join(folder.path, 'store'));
      await using dashboard = await startDashboard(backend, blobs, BASE);
      const now = Date.now();
      await backend.workers.announce({
        worker: 'here:1',
        roles: ['infer'],
        concurrency: 2,
        engine: 'simd-1',
        training: 'none',
        gpu: 'none',
        jobs: [],
        memoryBytes: 1,
        startedAt: now - 5000,
        seenAt: now,
      });
      const workersOf = async (queue: string): Promise<unknown> => {
        const response = await fetch(`${dashboard.url}/queues/api/queues/${queue}/workers`);
        return ((await response.json()) as { workers: unknown }).workers;
      };
      expect(await workersOf('infer')).toEqual([{ id: 'here:1', name: 'here:1', addr: 'this process', age: 5 }]);
      expect(await workersOf('train')).toEqual([]);
      expect(await workersOf('collect')).toBeNull();
    } finally {
      await backend.close();
    }
  });
});
