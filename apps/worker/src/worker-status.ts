import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type QueueBackend, type WorkerStatus, parseBackend } from '@ciphernet/queue';
import type { Worker } from 'bullmq';

/** Well below the time after which a silent worker counts as gone. */
const INTERVAL_MS = 5000;
const GPUS = '/proc/driver/nvidia/gpus';

/** Model of the first NVIDIA GPU that the driver shows, or `none`. */
function gpuName(): string {
  try {
    const [first] = readdirSync(GPUS);
    if (first === undefined) return 'none';
    const text = readFileSync(`${GPUS}/${first}/information`, 'utf8');
    return /^Model:\s*(.*)$/m.exec(text)?.[1]?.trim() ?? 'unknown';
  } catch {
    return 'none';
  }
}

/** The TensorFlow.js backend that a training job would take here, as far as can be told without loading one; jobs say what they took. */
function trainingBackend(): string {
  const require = createRequire(import.meta.url);
  for (const name of ['tfjs-node-gpu', 'tfjs-node']) {
    try {
      require.resolve(`@tensorflow/${name}`);
      return name;
    } catch {
      // Not installed: the next best.
    }
  }
  return 'wasm';
}

/** Tells the registry every few seconds that these workers are alive and what they do, until they are closed. */
export function announceWorkers(
  backend: QueueBackend,
  workers: readonly Worker[],
  about: Pick<WorkerStatus, 'worker' | 'roles' | 'concurrency' | 'engine'> & Partial<Pick<WorkerStatus, 'gpu'>>,
): void {
  const jobs = new Set<string>();
  const startedAt = Date.now();
  const base = {
    ...about,
    training: about.roles.includes('train') ? trainingBackend() : 'none',
    gpu: (about.gpu ?? gpuName()).slice(0, 120),
  };
  const say = (): void => {
    const status = {
      ...base,
      jobs: [...jobs].slice(0, 300),
      memoryBytes: process.memoryUsage.rss(),
      startedAt,
      seenAt: Date.now(),
    };
    // Who watches may miss one: the next comes soon.
    backend.workers.announce(status).catch(() => undefined);
  };
  const timer = setInterval(say, INTERVAL_MS);
  timer.unref();
  for (const worker of workers) {
    worker.on('active', (job) => {
      jobs.add(job.id ?? '');
      say();
    });
    worker.on('progress', (_job, progress: unknown) => {
      const announced = parseBackend(progress);
      if (announced !== undefined) base.training = announced.backend;
    });
    worker.on('completed', (_job, result: unknown) => {
      const engine = typeof result === 'object' && result !== null && 'engine' in result ? result.engine : undefined;
      // Of the latest shard: not the worker's where a job asked for another, or where the worker's failed.
      if (typeof engine === 'string') base.engine = engine;
    });
    const done = (job: { id?: string | undefined } | undefined): void => void jobs.delete(job?.id ?? '');
    worker.on('completed', done);
    worker.on('failed', done);
    // Lost to another worker: neither completed nor failed is said of it here.
    worker.on('lockRenewalFailed', (ids: string[]) => ids.forEach((id) => jobs.delete(id)));
    worker.on('closed', () => clearInterval(timer));
  }
  say();
}
