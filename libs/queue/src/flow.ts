import { randomBytes } from 'node:crypto';
import type { FlowJob, FlowProducer, JobsOptions } from 'bullmq';
import {
  type AuditJob,
  type BenchmarkRun,
  type CollectJob,
  type InferJob,
  QUEUES,
  auditQueueOf,
  suiteEvaluationId,
} from './jobs.js';

/** Finished jobs are kept for the dashboard, not for ever. */
const KEEP = { age: 7 * 24 * 3600, count: 1000 } as const;

/** Job data is ids and digests: more than this is a mistake. */
const SIZE_LIMIT = 4096;

/** BullMQ runs jobs without a priority before all that have one, so every evaluation has one. */
const DEFAULT_PRIORITY = 1000;

/** Options of every job: three attempts, a second apart at first, then two. */
export const JOB_OPTIONS: JobsOptions = {
  removeOnComplete: KEEP,
  removeOnFail: KEEP,
  sizeLimit: SIZE_LIMIT,
  attempts: 3,
  backoff: { type: 'exponential', delay: 1000 },
};

/** One model on one encrypted dataset. */
export interface EvaluationRequest {
  /** Digest of the dataset's manifest. */
  readonly manifest: string;
  /** Shards of the dataset: one infer job each. */
  readonly shards: number;
  /** Digest of the model. */
  readonly model: string;
  readonly engine: string;
  /** Evaluate the plain model too: the owner may hold it. */
  readonly compare: boolean;
  /** Have each shard's result spot-checked by whoever takes audit jobs. */
  readonly audit?: boolean | undefined;
  /** Fingerprints of auditors, each of which is to check every shard's result, instead of anybody. */
  readonly auditors?: readonly string[];
  /** 1 is the most urgent; evaluations that name none have DEFAULT_PRIORITY. */
  readonly priority?: number;
  /** Evaluate again although results are in the store. */
  readonly fresh?: boolean;
}

/** A new id for an evaluation or a run, like `eval-3f2a91bc04d7`. */
export function newEvaluationId(prefix: 'eval' | 'train' | 'bench' = 'eval'): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}

function evaluationFlow(evaluation: string, request: EvaluationRequest): FlowJob {
  const { manifest, model, engine, shards, compare } = request;
  const audit = request.audit === true;
  const collect: CollectJob = {
    evaluation,
    manifest,
    model,
    engine,
    shards,
    compare,
    ...(audit ? { audit } : {}),
  };
  const options = { ...JOB_OPTIONS, priority: request.priority ?? DEFAULT_PRIORITY };
  const base = { evaluation, manifest, model, engine, ...(request.fresh === true ? { fresh: true } : {}) };
  return {
    name: 'collect',
    queueName: QUEUES.collect,
    data: collect,
    opts: { ...options, jobId: evaluation },
    children: Array.from({ length: shards }, (_, shard) => {
      const infer: FlowJob = {
        name: `infer ${shard + 1}/${shards}`,
        queueName: QUEUES.infer,
        data: { ...base, shard } satisfies InferJob,
        opts: { ...options, jobId: `${evaluation}-shard-${shard}`, ignoreDependencyOnFailure: true },
      };
      if (!audit) return infer;
      const queues = request.auditors?.length ? request.auditors.map(auditQueueOf) : [QUEUES.audit];
      // One after another: a job has one parent, and each passes on what those before it signed.
      return queues.reduce(
        (child, queueName, place): FlowJob => ({
          name: `audit ${shard + 1}/${shards}`,
          queueName,
          data: { evaluation, manifest, shard, model } satisfies AuditJob,
          opts: {
            ...options,
            jobId: `${evaluation}-audit-${shard}${place === 0 ? '' : `-${place}`}`,
            ignoreDependencyOnFailure: true,
          },
          children: [child],
        }),
        infer,
      );
    }),
  };
}

/** Enqueues collect ← infer × shards. A shard that fails for good still lets `collect` run, which then says so. */
export async function enqueueEvaluation(
  flows: FlowProducer,
  evaluation: string,
  request: EvaluationRequest,
): Promise<void> {
  await flows.add(evaluationFlow(evaluation, request));
}

/** Enqueues a run of a suite: record ← collect × (datasets × models) ← infer × shards. */
export async function enqueueBenchmarkRun(flows: FlowProducer, run: string, data: BenchmarkRun): Promise<void> {
  const { datasets, models, engine, compare, audit } = data.suite;
  const evaluations = datasets.flatMap(({ manifest, shards }) =>
    models.map((model) => ({ manifest, shards, model, engine, compare, audit, fresh: true })),
  );
  await flows.add({
    name: 'record',
    queueName: QUEUES.record,
    data,
    opts: { ...JOB_OPTIONS, jobId: run },
    children: evaluations.map((request, index) => {
      const flow = evaluationFlow(suiteEvaluationId(run, index), request);
      return { ...flow, opts: { ...flow.opts, ignoreDependencyOnFailure: true } };
    }),
  });
}

/** Tells the owner's history of a run that was due and not started: a job without children. */
export async function enqueueSkippedRun(flows: FlowProducer, run: string, data: BenchmarkRun): Promise<void> {
  await flows.add({ name: 'record', queueName: QUEUES.record, data, opts: { ...JOB_OPTIONS, jobId: run } });
}
