import { startBenchmarks } from '@ciphernet/benchmarks';
import type { Configuration } from '@ciphernet/configuration';
import { type ChosenEngine, engineNamed, shareCoreCounter, shareGpus } from '@ciphernet/engines';
import {
  CONVERSION,
  QUEUES,
  type QueueBackend,
  type WorkerTuning,
  auditQueueOf,
  checkpointEvaluationId,
  enqueueEvaluation,
  parseCheckpoint,
  parseConvertJob,
  parseTrainJob,
} from '@ciphernet/queue';
import type { BackendChoice } from '@ciphernet/training';
import type { Worker } from 'bullmq';
import { configureSandboxes } from './sandbox.js';
import { type SandboxedWorker, startSandboxesAhead } from './sandboxes-ahead.js';
import { type SilenceWatch, watchSilence } from './silence.js';
import { configureTraining } from './training-backend.js';
import { configureEngine } from './worker-engines.js';
import { announceWorkers } from './worker-status.js';

/** What a worker takes from the queue. */
export interface WorkerRoles {
  /** Infer jobs side by side; 0 leaves them to other workers. */
  readonly infer: number;
  /** What jobs that leave the engine to the worker are evaluated with; default `simd`. Its GPUs are those of training as well. */
  readonly engine?: ChosenEngine;
  /** Audit jobs side by side; 0 leaves them to others. */
  readonly audit: number;
  /** Fingerprint of this worker's auditor: audits that ask for it by name are taken too. */
  readonly auditor?: string;
  /** One training job at a time, or none: it takes a core, or the GPU, for itself. */
  readonly train: boolean;
  /** What training jobs run on; default `auto`, the fastest. */
  readonly training?: BackendChoice;
  /** Turn scheduled ticks into runs. */
  readonly benchmark: boolean;
}

/**
 * CPU-bound work runs in threads, so this event loop renews locks in time; should it stall all the same, the job is
 * given to another worker some times, not for ever.
 */
const TUNING: WorkerTuning = {
  useWorkerThreads: true,
  lockDuration: 20_000,
  stalledInterval: 10_000,
  maxStalledCount: 8,
  maxStartedAttempts: 8,
};

/**
 * Enqueues the evaluation of each checkpoint that a training job announces. It happens here and not in the sandbox,
 * which has no queue; it never holds training up, and an announcement that comes twice is one evaluation.
 */
function evaluateCheckpoints(backend: QueueBackend, trainer: Worker): void {
  const flows = backend.flows();
  trainer.on('progress', (job, progress) => {
    const checkpoint = parseCheckpoint(progress);
    if (checkpoint === undefined) return;
    const { run, evaluate } = job.name === CONVERSION ? parseConvertJob(job.data) : parseTrainJob(job.data);
    if (evaluate === undefined) return;
    const evaluation = checkpointEvaluationId(run, checkpoint.epoch);
    enqueueEvaluation(flows, evaluation, { ...evaluate, model: checkpoint.model }).catch((error: unknown) =>
      trainer.emit('error', error instanceof Error ? error : new Error(String(error))),
    );
  });
}

/** What a worker works with. */
export interface WorkerTools {
  readonly backend: QueueBackend;
  /** What the processors' threads work with. */
  readonly configuration: Configuration;
}

const SIMD: ChosenEngine = { name: 'simd', reason: 'no other was looked for' };

/** Names a worker in results and on the dashboard. */
export function workerName({ host }: Configuration): string {
  return `${host}:${process.pid}`;
}

/** Of all sandboxes of this process; it needs no end, since it keeps nothing alive. */
let watch: SilenceWatch | undefined;

/** Processors of this process. */
export interface StartedWorker {
  /** One a queue. */
  readonly workers: readonly Worker[];
  /**
   * Starts sandboxes of inference and audits before their first jobs: for who will have some soon, and a core to spare. Never rejects.
   *
   * @param most jobs of a queue that will come
   */
  readonly startSandboxes: (most: number) => Promise<void>;
}

/** Starts processors for the roles taken. They are closed with the backend. */
export function startWorker({ backend, configuration }: WorkerTools, roles: WorkerRoles): StartedWorker {
  const engine = roles.engine ?? SIMD;
  configureSandboxes(configuration, roles.infer + 2 * roles.audit + (roles.train ? 1 : 0));
  configureEngine(engine.name);
  configureTraining(roles.training ?? 'auto');
  shareCoreCounter();
  shareGpus(engine.gpus ?? []);
  const processor = (file: string): URL => new URL(file, import.meta.url);
  const workers: Worker[] = [];
  const sandboxed: SandboxedWorker[] = [];
  const startSandboxed = (queue: string, file: string, count: number): SandboxedWorker => {
    const worker = backend.worker(queue, processor(file), { ...TUNING, concurrency: count });
    workers.push(worker);
    return { worker, processor: processor(file), count };
  };
  watch ??= watchSilence(configuration.silenceSeconds, (line) => workers[0]?.emit('error', new Error(line)));
  if (roles.infer > 0) sandboxed.push(startSandboxed(QUEUES.infer, './infer-processor.js', roles.infer));
  if (roles.audit > 0) {
    sandboxed.push(startSandboxed(QUEUES.audit, './audit-processor.js', roles.audit));
    if (roles.auditor !== undefined) {
      startSandboxed(auditQueueOf(roles.auditor), './audit-processor.js', roles.audit);
    }
  }
  if (roles.train) {
    const trainer = backend.worker(QUEUES.train, processor('./train-processor.js'), {
      ...TUNING,
      concurrency: 1,
    });
    evaluateCheckpoints(backend, trainer);
    workers.push(trainer);
  }
  if (roles.benchmark) workers.push(startBenchmarks(backend));
  announceWorkers(backend, workers, {
    worker: workerName(configuration),
    roles: [
      ...(roles.train ? (['train'] as const) : []),
      ...(roles.infer > 0 ? (['infer'] as const) : []),
      ...(roles.audit > 0 ? (['audit'] as const) : []),
      ...(roles.benchmark ? (['benchmark'] as const) : []),
    ],
    concurrency: roles.infer,
    engine: roles.infer > 0 ? engineNamed(engine.name).version : 'none',
    ...(engine.device === undefined ? {} : { gpu: engine.device }),
  });
  const startSandboxes = (most: number): Promise<void> =>
    startSandboxesAhead(sandboxed.map((each) => ({ ...each, count: Math.min(each.count, most) })));
  return { workers, startSandboxes };
}
