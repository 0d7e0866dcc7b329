import { DATASETS, MODELS } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import {
  CONVERSION,
  QUEUES,
  type QueueBackend,
  type WorkerStatus,
  parseCollectJob,
  parseConvertJob,
  parseTrainJob,
  progressSchema,
} from '@ciphernet/queue';
import type { Job, JobType } from 'bullmq';
import { readableJobs } from './readable-jobs.js';

/** One evaluation as the overview shows it. */
export interface EvaluationState {
  readonly id: string;
  readonly state: string;
  /** 0 to 1, over all shards. */
  readonly progress: number;
  /** What the dataset and the model are called, or the first digits of their digests. */
  readonly dataset: string;
  readonly model: string;
  readonly engine: string;
  readonly shards: number;
  readonly enqueuedAt: number;
  readonly reason?: string;
}

/** One training job as the overview shows it. */
export interface TrainingState {
  readonly id: string;
  readonly state: string;
  readonly progress: number;
  readonly model: string;
  readonly dataset: string;
  readonly note: string;
  readonly enqueuedAt: number;
  readonly reason?: string;
}

/** All that the overview shows. */
export interface Overview {
  readonly evaluations: readonly EvaluationState[];
  readonly trainings: readonly TrainingState[];
  readonly workers: readonly WorkerStatus[];
  readonly queues: readonly { readonly name: string; readonly counts: Readonly<Record<string, number>> }[];
}

const LIMIT = 30;
const REMEMBERED_NAMES = 1000;
const STATES: JobType[] = ['active', 'waiting-children', 'waiting', 'prioritized', 'delayed', 'failed', 'completed'];
/** Above this many shards only whole ones count: asking for each one's progress would be a request a shard. */
const ASKED_SHARDS = 16;

function fractionOf(progress: unknown): number {
  const parsed = progressSchema.safeParse(progress);
  if (!parsed.success || parsed.data.total <= 0) return 0;
  return Math.min(1, Math.max(0, parsed.data.done / parsed.data.total));
}

async function latest(backend: QueueBackend, name: string): Promise<{ job: Job; state: string }[]> {
  const queue = backend.queue(name);
  const found = await Promise.all(
    STATES.map(async (state) => {
      const jobs = await readableJobs(queue, [state], { from: 0, to: LIMIT - 1 });
      return jobs.map((job) => ({ job, state: String(state) }));
    }),
  );
  return found
    .flat()
    .sort((a, b) => b.job.timestamp - a.job.timestamp)
    .slice(0, LIMIT);
}

async function shardProgress(backend: QueueBackend, evaluation: string, shards: number, job: Job): Promise<number> {
  if (shards > ASKED_SHARDS) {
    const { processed = 0, ignored = 0 } = await job.getDependenciesCount({ processed: true, ignored: true });
    return (processed + ignored) / shards;
  }
  const infer = backend.queue(QUEUES.infer);
  const parts = await Promise.all(
    Array.from({ length: shards }, async (_, shard) => {
      const child = (await infer.getJob(`${evaluation}-shard-${shard}`)) as Job | undefined;
      return child?.finishedOn === undefined ? fractionOf(child?.progress) : 1;
    }),
  );
  return parts.reduce((sum, part) => sum + part, 0) / shards;
}

/** Digits of a digest that stand for what has no name. */
const DIGITS = 12;

/** Names by digest; what was named once stays so, and a page asks for the same ones every second. */
export function createNames(blobs: BlobStore): (kind: 'dataset' | 'model', digest: string) => Promise<string> {
  const known = new Map<string, string>();
  return async (kind, digest) => {
    const key = `${kind} ${digest}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const family = kind === 'dataset' ? DATASETS : MODELS;
    // A store that fails, or a reference that somebody broke, must not blank the page.
    const named = await family.get(blobs, digest).catch(() => undefined);
    if (named === undefined) return digest.slice(0, DIGITS);
    if (known.size >= REMEMBERED_NAMES) known.clear();
    known.set(key, named.name);
    return named.name;
  };
}

type Names = ReturnType<typeof createNames>;

async function evaluationState(
  backend: QueueBackend,
  nameOf: Names,
  { job, state }: { job: Job; state: string },
): Promise<EvaluationState[]> {
  try {
    const { evaluation, manifest, model, engine, shards } = parseCollectJob(job.data);
    const names = { dataset: await nameOf('dataset', manifest), model: await nameOf('model', model) };
    const base = { id: evaluation, ...names, engine, shards, enqueuedAt: job.timestamp };
    // What came of it is its owner's: accepted and refused look the same here.
    if (state === 'completed') return [{ ...base, state: 'collected', progress: 1 }];
    if (state === 'failed') return [{ ...base, state, progress: 1, reason: job.failedReason }];
    if (state !== 'waiting-children') return [{ ...base, state: 'collecting', progress: 1 }];
    const progress = await shardProgress(backend, evaluation, shards, job);
    return [{ ...base, state: progress > 0 ? 'evaluating' : 'waiting', progress }];
  } catch {
    // Not a job of ours: Bull Board shows it.
    return [];
  }
}

interface ShownTraining {
  readonly run: string;
  readonly model: string;
  readonly dataset: string;
}

/** What a conversion is shown as among trainings: data of its owner has no name that is anybody's. */
function conversionOf(job: Job): ShownTraining {
  const { run, name, data } = parseConvertJob(job.data);
  return { run, model: name, dataset: data.kind === 'named' ? data.dataset : 'own data' };
}

function trainingOf(job: Job): ShownTraining {
  const { run, model, dataset } = parseTrainJob(job.data);
  return { run, model, dataset: typeof dataset === 'string' ? dataset : `stored ${dataset.stored.slice(0, 12)}` };
}

function trainingState({ job, state }: { job: Job; state: string }): TrainingState[] {
  try {
    const { run, model, dataset } = job.name === CONVERSION ? conversionOf(job) : trainingOf(job);
    const progress = state === 'completed' ? 1 : fractionOf(job.progress);
    const parsed = progressSchema.safeParse(job.progress);
    const note = parsed.success ? (parsed.data.note ?? '') : '';
    const reason = state === 'failed' ? { reason: job.failedReason } : {};
    return [{ id: run, state, progress, model, dataset, note, enqueuedAt: job.timestamp, ...reason }];
  } catch {
    return [];
  }
}

/** What is going on, for people: no digest of a result, and no figure that depends on one. */
export async function readOverview(backend: QueueBackend, nameOf: Names): Promise<Overview> {
  const [collects, trains, workers, queues] = await Promise.all([
    latest(backend, QUEUES.collect),
    latest(backend, QUEUES.train),
    backend.workers.list(),
    Promise.all(
      Object.values(QUEUES).map(async (name) => ({ name, counts: await backend.queue(name).getJobCounts() })),
    ),
  ]);
  const evaluations = await Promise.all(collects.map((entry) => evaluationState(backend, nameOf, entry)));
  return { evaluations: evaluations.flat(), trainings: trains.flatMap(trainingState), workers, queues };
}
