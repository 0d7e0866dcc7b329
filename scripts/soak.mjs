#!/usr/bin/env node
// Evaluations by the dozen while workers are killed every few seconds and Redis is restarted once. Ends with one line
// of counts, and a non-zero exit when anything was lost, doubled or wrong. Needs redis-server.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { readOutcome } from '@ciphernet/owner-records';
import { QUEUES, openQueueBackend } from '@ciphernet/queue';
import { readReports } from '@ciphernet/report';
import { hasRedisServer, startRedis, temporaryFolder } from '@ciphernet/testing';
import { root } from './packages.mjs';

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, evaluations: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(
    'Usage: npm run soak -- [--short] [--evaluations <n>]\n\n  100 evaluations, or 12 with --short, under SIGKILL and a restart of Redis.\n\nExamples:\n  npm run soak\n  npm run soak -- --short',
  );
  process.exit(0);
}
const EVALUATIONS = Number(values.evaluations ?? (values.short ? 12 : 100));
const IMAGES = 150;
const KILL_EVERY_MS = 4000;
/** How long Redis is gone. */
const GONE_MS = values.short ? 3000 : 60_000;
/** Far beyond what the evaluations take: a run that hangs ends as lost. */
const DEADLINE_MS = 60_000 + EVALUATIONS * 6000;

if (!Number.isInteger(EVALUATIONS) || EVALUATIONS < 1) {
  console.error('soak: --evaluations must be a whole number above 0');
  process.exit(2);
}
if (!hasRedisServer()) {
  console.error('soak: redis-server is not on this machine; install it (apt install redis-server)');
  process.exit(5);
}

const main = join(root, 'apps', 'all-in-one', 'dist', 'main.js');
const run = promisify(execFile);
const data = await temporaryFolder();
const journal = await temporaryFolder();
const redis = await startRedis({ folder: journal.path });
const env = { ...process.env, CIPHERNET_DATA: data.path, REDIS_URL: redis.url, CIPHERNET_PASSPHRASE: 'soak test' };

/** Runs a command to its end and returns the JSON objects that it prints. */
async function cli(...args) {
  const { stdout } = await run(process.execPath, [main, ...args, '--json'], { env, maxBuffer: 2 ** 26 });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const alive = new Set();
/** Starts a role and waits until it says that it is ready. */
async function start(...args) {
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  alive.add(child);
  child.once('close', () => alive.delete(child));
  let text = '';
  await new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      text += chunk;
      if (text.includes(' on ')) resolve();
    });
    child.once('close', () => reject(new Error(`${args[0]} ended: ${text}`)));
  });
  return child;
}

/** What must be the same however often a worker was killed. */
const figuresOf = ({ images, accuracy, agreement, confusion, margins }) =>
  JSON.stringify({ images, accuracy, agreement, confusion, margins });

async function storeProblems(folder) {
  const problems = [];
  const partial = await readdir(join(folder, 'partial'));
  if (partial.length > 0) problems.push(`${partial.length} partial files`);
  for (const entry of await readdir(join(folder, 'blobs'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const digest = createHash('sha256')
      .update(await readFile(join(entry.parentPath, entry.name)))
      .digest('hex');
    if (digest !== entry.name) problems.push(`blob ${entry.name} holds other bytes`);
  }
  return problems;
}

const log = (text) => console.error(`soak: ${text}`);
const began = Date.now();
let killed = 0;
try {
  log('starting 2 workers, collector, dashboard; training 2 models, encrypting 2 datasets');
  const worker = () => start('worker', '--concurrency', '1');
  const workers = [await worker(), await worker()];
  await start('collector');
  await start('dashboard', '--port', '0');
  const models = [];
  for (const seed of ['1', '2']) {
    const [{ model }] = await cli('model', 'train', 'reference', '--epochs', '1', '--seed', seed);
    models.push(model);
  }
  await run(process.execPath, [main, 'keys', 'create'], { env });
  const datasets = [];
  for (const name of ['mnist', 'fashion-mnist']) {
    const [{ dataset }] = await cli('dataset', 'encrypt', name, '--images', String(IMAGES));
    datasets.push(dataset);
  }
  const reportsFolder = join(data.path, 'reports');
  const figures = async (evaluation) => {
    const outcome = await readOutcome(reportsFolder, evaluation);
    if (outcome === undefined) return undefined;
    if (outcome.kind === 'refused') return `refused: ${outcome.error.message}`;
    return outcome.report.evaluation === evaluation ? figuresOf(outcome.report) : 'of another evaluation';
  };
  const expected = new Map();
  for (const dataset of datasets) {
    const done = await cli('enqueue', '--dataset', dataset, '--model', ...models);
    for (const [index, { evaluation }] of done.entries()) {
      expected.set(`${dataset} ${models[index]}`, await figures(evaluation));
    }
  }
  log(`undisturbed: ${expected.size} evaluations, ${new Set(expected.values()).size} different outcomes`);

  const enqueued = [];
  for (let i = 0; enqueued.length < EVALUATIONS; i++) {
    const dataset = datasets[i % datasets.length];
    const wanted = Array.from({ length: Math.min(10, EVALUATIONS - enqueued.length) }, (_, j) => models[j % 2]);
    for (const { evaluation, model } of await cli(
      ...['enqueue', '--fresh', '--no-wait', '--dataset', dataset, '--model', ...wanted],
    )) {
      enqueued.push({ evaluation, key: `${dataset} ${model}` });
    }
  }
  log(`${enqueued.length} evaluations enqueued; killing a worker every ${KILL_EVERY_MS / 1000} s`);

  const backend = await openQueueBackend({ redisUrl: redis.url, folder: data.path, prefix: 'ciphernet' });
  const collect = backend.queue(QUEUES.collect);
  const total = EVALUATIONS + expected.size;
  let ended = 0;
  let restarted = false;
  const deadline = Date.now() + DEADLINE_MS;
  while (ended < total && Date.now() < deadline) {
    await sleep(KILL_EVERY_MS);
    const index = killed++ % workers.length;
    const victim = workers[index];
    victim.kill('SIGKILL');
    if (victim.exitCode === null && victim.signalCode === null) await once(victim, 'close');
    if (!restarted && ended >= expected.size + EVALUATIONS / 3) {
      log('restarting Redis');
      await redis.kill();
      await sleep(GONE_MS);
      await redis.start();
      restarted = true;
    }
    workers[index] = await worker();
    const counts = await collect.getJobCounts('completed', 'failed');
    ended = counts.completed + counts.failed;
    log(`${ended - expected.size} of ${EVALUATIONS} ended, ${killed} workers killed`);
  }

  let lost = 0;
  let wrong = 0;
  for (const { evaluation, key } of enqueued) {
    const found = await figures(evaluation);
    if (found === undefined) lost++;
    else if (found !== expected.get(key)) wrong++;
  }
  const { completed, failed } = await collect.getJobCounts('completed', 'failed');
  const reports = (await readReports(reportsFolder)).length;
  const doubled = Math.max(0, completed - total, reports - total);
  const problems = await storeProblems(join(data.path, 'store'));
  for (const name of Object.values(QUEUES)) {
    const counts = await backend.queue(name).getJobCounts();
    for (const state of ['waiting', 'active', 'delayed', 'prioritized', 'waiting-children', 'failed']) {
      if (counts[state] > 0) problems.push(`${counts[state]} ${state} jobs in ${name}`);
    }
  }
  await backend.close();
  if (failed > 0) problems.push(`${failed} evaluations failed`);
  if (!restarted) problems.push('Redis was not restarted: too few evaluations');
  for (const problem of problems) log(problem);
  const seconds = Math.round((Date.now() - began) / 1000);
  console.log(
    `${EVALUATIONS} evaluations: ${EVALUATIONS - lost} ended, ${lost} lost, ${doubled} doubled, ${wrong} wrong, ${problems.length} left over; ${killed} workers killed, Redis restarted ${restarted ? 'once' : 'never'}, ${seconds} s`,
  );
  process.exitCode = lost + doubled + wrong + problems.length > 0 ? 1 : 0;
} finally {
  for (const child of alive) child.kill('SIGKILL');
  for (const owned of [redis, journal, data]) await owned[Symbol.asyncDispose]();
}
