// What the operator, or anybody else on the queue, writes where people look: events that end an evaluation, jobs that are not JSON,
// a worker's words about itself, and the dashboard's own doors.
import { setTimeout as sleep } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { expect, within } from './deployment.mjs';
import { claimed, storeDecisions, storeResult } from './forged-result.mjs';
import { forge } from './owner.mjs';

const get = (url, options = {}) => globalThis.fetch(url, { redirect: 'manual', ...options });

async function connect(parties) {
  const { Redis } = await parties.old.dependency('ioredis');
  return new Redis(parties.redisUrl);
}

/** The command line believes an event of the queue, and a report that the event names. */
async function operatorAnswers(parties, { datasets, honest, model }) {
  const escape = '\u001b]0;owned\u0007\u001b[2J';
  const report = { ...honest.private.report, accuracy: { encrypted: 0.999 } };
  report.dataset = { ...report.dataset, name: `mnist${escape}` };
  const { digest } = await parties.blobs.put(new TextEncoder().encode(JSON.stringify(report)));
  const redis = await connect(parties);
  try {
    await parties.startCollector();
    const owner = parties.begin(['enqueue', '--dataset', datasets.private.digest, '--model', model]);
    const queue = parties.backend.queue(parties.queues.collect);
    const waiting = await within(60, async () => (await queue.getJobs(['waiting-children']))[0]);
    expect(waiting, 'the owner’s evaluation waits for a worker');
    // Until the owner's command listens, nobody hears.
    await sleep(3000);
    const collected = { evaluation: waiting.id, report: digest, images: 300, accuracy: 0.999, folder: '/tmp' };
    const event = ['event', 'completed', 'jobId', waiting.id, 'returnvalue', JSON.stringify(collected)];
    await redis.xadd(`${parties.prefix}:collect:events`, '*', ...event, 'prev', 'active');
    await within(30, () => owner.exitCode !== null);
    const { stdout } = owner.said;
    expect(/encrypted accuracy +99\.90?/.test(stdout), `the command printed: ${stdout.slice(0, 300)}`);
    expect(stdout.includes(escape), 'escape sequences reach the terminal');
    return 'the owner’s command prints 99.90 % of an evaluation that nobody computed, with its escape sequences';
  } finally {
    redis.disconnect();
  }
}

/** Raw fields of a job, written past BullMQ. */
async function putJob(redis, key, id, data, opts = '{}') {
  const fields = [
    'name',
    'evil',
    'data',
    data,
    'opts',
    opts,
    'timestamp',
    '1',
    'delay',
    '0',
    'priority',
    '0',
    'atm',
    '0',
  ];
  await redis.hset(`${key}:${id}`, ...fields);
  await redis.lpush(`${key}:wait`, id);
}

/** After how many stalls the old collector wants a job failed. */
const COLLECTOR_STALLS = 3;

async function notJson(parties) {
  const redis = await connect(parties);
  try {
    const url = await parties.startDashboard();
    const statuses = async () => [
      (await get(`${url}/api/overview`)).status,
      (await get(`${url}/queues/api/queues?activeQueue=collect&page=1&jobsPerPage=10`)).status,
    ];
    const before = await statuses();
    expect(
      before.every((status) => status === 200),
      `pages answered ${before} before`,
    );
    const key = `${parties.prefix}:collect`;
    await putJob(redis, key, 'evil', '{not json');
    const after = await statuses();
    expect(
      after.every((status) => status === 500),
      `pages answer ${after}`,
    );
    await parties.startCollector();
    const starts = async () => Number((await redis.hget(`${key}:evil`, 'ats')) ?? 0);
    // Taken once, and again after each stall: once more than it would be if the collector's limit of stalls ended it.
    const again = await within(400, async () => (await starts()) > 1 + COLLECTOR_STALLS);
    const taken = await starts();
    expect(again, `it was taken ${taken} times`);
    return `overview and Bull Board answer 500; the collector took the job ${taken} times, where its limit of stalls is ${COLLECTOR_STALLS}`;
  } finally {
    redis.disconnect();
  }
}

async function deep(parties) {
  const redis = await connect(parties);
  try {
    const url = await parties.startDashboard();
    const list = () => get(`${url}/queues/api/queues?activeQueue=infer&page=1&jobsPerPage=10`);
    const before = (await list()).status;
    const depth = 1_000_000;
    await putJob(redis, `${parties.prefix}:infer`, 'deep', `${'['.repeat(depth)}${']'.repeat(depth)}`);
    const after = (await list()).status;
    expect(before === 200 && after === 500, `the list answered ${before}, then ${after}`);
    return 'Bull Board’s list of the queue answers 500';
  } finally {
    redis.disconnect();
  }
}

async function lockOut(parties) {
  const password = 'a long word that nobody guesses';
  const url = await parties.startDashboard({ CIPHERNET_DASHBOARD_PASSWORD: password });
  const logIn = (word) =>
    get(`${url}/login`, {
      method: 'POST',
      headers: { origin: url, 'content-type': 'application/x-www-form-urlencoded' },
      body: `password=${encodeURIComponent(word)}`,
    });
  expect((await logIn(password)).status === 303, 'the right password is let in');
  for (let i = 0; i < 10; i++) await logIn(`guess ${i}`);
  const { status } = await logIn(password);
  expect(status === 429, `the right password gets ${status}`);
  return 'after ten wrong words the right one gets 429, and so does everybody behind the same address';
}

async function anybody(parties) {
  const url = await parties.startDashboard();
  const queue = parties.backend.queue(parties.queues.infer);
  await parties.enqueue({ manifest: 'a'.repeat(64), shards: 1, model: 'b'.repeat(64) });
  const post = (path) => get(`${url}/queues/api/queues/infer/${path}`, { method: 'PUT', headers: { origin: url } });
  const paused = await post('pause');
  expect(paused.ok && (await queue.isPaused()), `pause: ${paused.status}`);
  return 'a process of another user pauses the queue, without a password and without a browser';
}

/** The page's own script, with as much of a document as it uses. */
async function blankPage(parties) {
  const redis = await connect(parties);
  try {
    const url = await parties.startDashboard();
    const script = await (await get(`${url}/overview.js`)).text();
    const filled = async () => {
      const tables = new Set();
      const element = () => ({ append() {}, replaceChildren() {}, style: {}, classList: { add() {}, remove() {} } });
      const document = {
        createElement: element,
        querySelector: (selector) => ({
          ...element(),
          replaceChildren: () => tables.add(selector),
        }),
        getElementById: element,
      };
      const fetchOverview = (path) => get(new URL(path, url));
      runInNewContext(script, {
        document,
        fetch: fetchOverview,
        location: { reload() {} },
        setTimeout() {},
        Date,
        Math,
      });
      await within(3, () => tables.has('#queues tbody'));
      return tables.size;
    };
    const before = await filled();
    const now = Date.now();
    const status = {
      worker: 'mallory:1',
      roles: ['infer'],
      concurrency: 1,
      engine: 'simd',
      training: '',
      gpu: '',
      jobs: [],
      memoryBytes: 1,
      startedAt: Number.MAX_SAFE_INTEGER,
      seenAt: now,
    };
    await redis.set(`${parties.prefix}-workers:mallory:1`, JSON.stringify(status), 'EX', 30);
    const after = await filled();
    expect(before === 4 && after < 4, `${before} tables were filled before, ${after} after`);
    return `one worker's date leaves ${4 - after} of the overview's 4 tables empty`;
  } finally {
    redis.disconnect();
  }
}

async function longLogin(parties) {
  const url = await parties.startDashboard({ CIPHERNET_DASHBOARD_PASSWORD: 'a long word that nobody guesses' });
  const { status } = await get(`${url}/login`, {
    method: 'POST',
    headers: { origin: url, 'content-type': 'application/x-www-form-urlencoded' },
    body: `password=${'a'.repeat(1e8)}`,
  });
  expect(status === 500, `a body of 100 MB gets ${status}`);
  return 'a login body of 100 MB gets 500 in place of 413';
}

async function scale(parties, { datasets, model }) {
  const { digest, manifest } = datasets.private;
  const N = manifest.parameters.ringDegree;
  const nothing = Array.from({ length: manifest.classes }, () => [new Array(N).fill(1), undefined]);
  const result = await storeResult(parties, manifest, 0, nothing, 1e300);
  await parties.startCollector();
  const attacker = parties.answerInfer((shard) => claimed(shard, result));
  const evaluation = await parties.enqueue({ manifest: digest, shards: 1, model });
  const job = await parties.ended(evaluation);
  await attacker.close(true);
  expect(/WebAssembly\.Exception/.test(job?.failedReason ?? ''), `it failed with: ${job?.failedReason}`);
  return `the owner reads “${job.failedReason}”`;
}

async function timings(parties, { datasets }) {
  const { digest, manifest, labels } = datasets.private;
  const result = await storeDecisions(parties, manifest, 0, labels);
  await parties.startCollector();
  const now = Date.now();
  const answer = claimed(0, result, { startedAt: now, finishedAt: now, seconds: 0, resultBytes: 1 });
  const { report } = await forge(parties, { digest, manifest }, [answer]);
  const { infer } = report.throughput;
  expect(infer >= 300_000 && report.bytes.download === 1, `${infer} images/s, ${report.bytes.download} bytes`);
  return `the report says ${infer.toLocaleString('en')} images/s and a download of ${report.bytes.download} byte`;
}

export const attacks = [
  {
    row: 14,
    name: 'the operator answers an evaluation itself, and writes to the owner’s terminal',
    run: operatorAnswers,
  },
  { row: 16, name: 'a job that is not JSON breaks the pages and is taken again and again', run: notJson },
  { row: 17, name: 'data nested a million deep breaks Bull Board’s list', run: deep },
  { row: 23, name: 'ten wrong passwords lock the right one out', run: lockOut },
  { row: 24, name: 'a dashboard on loopback obeys every local user', run: anybody },
  { row: 25, name: 'a worker with an absurd date blanks the overview', run: blankPage },
  { row: 25, name: 'a long login body is answered as an internal error', run: longLogin },
  { row: 26, name: 'a scale of 10^300 shows an exception’s type in place of a reason', run: scale },
  { row: 26, name: 'timings that a worker makes up are reported', run: timings },
];
