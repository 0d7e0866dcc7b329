// The parties of the old system as real processes, and what an attacker with a worker's access has: the queue's address, the
// store's folder, and the published code.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bareEnvironment } from './old-code.mjs';

const PASSPHRASE = 'correct horse';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function startRedis(folder) {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const isThere = await within(10, () => child.exitCode === null && answers(port));
  if (isThere === undefined || child.exitCode !== null) {
    child.kill('SIGKILL');
    throw new Error('redis-server did not start: install it, or look at what it says');
  }
  return { url: `redis://127.0.0.1:${port}`, stop: () => child.kill('SIGKILL') };
}

/** Polls until `find` gives something. @returns undefined when `seconds` have passed */
export async function within(seconds, find) {
  const end = performance.now() + 1000 * seconds;
  for (;;) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) return undefined;
    await sleep(100);
  }
}

/** Whether a process that was started has not ended. */
export const isAlive = (child) => child.exitCode === null && child.signalCode === null;

/** Throws with what should have been. An attack that does not succeed says which of its steps failed. */
export function expect(condition, what) {
  if (!condition) throw new Error(`did not succeed: ${what}`);
}

/**
 * A Redis and a data folder. Every attack gets a scene of its own there: queues under another prefix, so that what one leaves
 * behind does not meet the next, on the same keys and datasets.
 */
export async function startDeployment(old) {
  const folder = await mkdtemp(join(tmpdir(), 'before-'));
  const redis = await startRedis(folder);
  // However this ends, nothing that was started for it goes on, and no key stays behind.
  const running = new Set();
  const end = () => {
    for (const child of running) child.kill('SIGKILL');
    redis.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  process.once('exit', end);
  const { openQueueBackend, enqueueEvaluation, newEvaluationId, QUEUES } = await old.library('queue');
  const { openDirectoryStore } = await old.library('blobs');
  const data = join(folder, 'data');
  const blobs = await openDirectoryStore(join(data, 'store'));

  const start = (args, env) => {
    const child = spawn(old.node, [old.main, ...args], {
      cwd: folder,
      env: { ...bareEnvironment(old.folder), CIPHERNET_DATA: data, CIPHERNET_LOG: 'text', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    child.once('close', () => running.delete(child));
    child.said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => (child.said[name] += chunk));
    return child;
  };

  /** Runs a command of the owner's to its end, or for as long as `seconds`: then `code` is undefined and it is killed. */
  const command = async (args, env = {}, seconds = 300) => {
    const child = start(args, { CIPHERNET_PASSPHRASE: PASSPHRASE, ...env });
    let code;
    child.once('close', (status) => (code = status));
    await within(seconds, () => code !== undefined);
    if (code === undefined) child.kill('SIGKILL');
    return { code, ...child.said };
  };

  const json = async (args, env) => {
    const { code, stdout, stderr } = await command([...args, '--json'], env);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
    return JSON.parse(stdout.trim().split('\n').at(-1));
  };

  async function scene(body) {
    const prefix = `scene-${randomBytes(4).toString('hex')}`;
    const env = { REDIS_URL: redis.url, CIPHERNET_PREFIX: prefix };
    const backend = await openQueueBackend({ redisUrl: redis.url, folder, prefix });
    const own = new Set();
    const role = async (args, more, ready) => {
      const child = start(args, { ...env, ...more });
      own.add(child);
      const isReady = await within(60, () => child.said.stderr.includes(ready) || child.exitCode !== null);
      if (!isReady || child.exitCode !== null) throw new Error(`${args.join(' ')}: ${child.said.stderr}`);
      return child;
    };
    const attackers = new Set();
    const collectJob = (evaluation) => backend.queue(QUEUES.collect).getJob(evaluation);
    const parties = {
      old,
      folder,
      data,
      blobs,
      redisUrl: redis.url,
      prefix,
      backend,
      queues: QUEUES,
      command: (args, more, seconds) => command(args, { ...env, ...more }, seconds),
      json: (args, more) => json(args, { ...env, ...more }),
      begin: (args, more) => {
        const child = start(args, { CIPHERNET_PASSPHRASE: PASSPHRASE, ...env, ...more });
        own.add(child);
        return child;
      },
      /** An honest worker: it holds no passphrase. */
      startWorker: (more = {}) => role(['worker', '--roles', 'infer', '--concurrency', '1'], more, 'worker on'),
      /** The owner's collector. */
      startCollector: (more = {}) => role(['collector'], { CIPHERNET_PASSPHRASE: PASSPHRASE, ...more }, 'collector on'),
      async startDashboard(more = {}) {
        const child = await role(['dashboard', '--port', '0'], more, 'dashboard on');
        return /dashboard on (http:\/\/[^\s"]+)/.exec(child.said.stderr)[1];
      },
      async enqueue(request) {
        const { evaluation = newEvaluationId(), ...rest } = request;
        await enqueueEvaluation(backend.flows(), evaluation, { engine: 'simd', compare: false, ...rest });
        return evaluation;
      },
      /** Answers infer jobs as a worker would. @param answer what to return for a job's shard */
      answerInfer(answer) {
        const worker = backend.worker(QUEUES.infer, async ({ data: job }) => answer(job.shard), { concurrency: 1 });
        attackers.add(worker);
        return worker;
      },
      /** Waits until an evaluation has ended, whichever way. @returns undefined when it has not within `seconds` */
      ended: (evaluation, seconds = 120) =>
        within(seconds, async () => {
          const job = await collectJob(evaluation);
          return job?.finishedOn === undefined ? undefined : job;
        }),
      /** What the attacker reads in the store, which workers share. */
      async report(evaluation) {
        const digest = await blobs.getRef(`reports/${evaluation}`);
        if (digest === undefined) {
          const reason = (await collectJob(evaluation))?.failedReason;
          throw new Error(`no report of ${evaluation}: ${reason ?? 'not ended'}`);
        }
        return JSON.parse(Buffer.from(await blobs.get(digest)).toString());
      },
    };
    try {
      return await body(parties);
    } finally {
      for (const child of own) child.kill('SIGKILL');
      for (const worker of attackers) await worker.close(true).catch(() => undefined);
      await backend.close();
    }
  }

  return {
    old,
    folder,
    data,
    blobs,
    passphrase: PASSPHRASE,
    command,
    json,
    scene,
    stop: end,
  };
}
