import { signedAttestationSchema, signedStatementSchema } from '@ciphernet/attestation';
import { digestSchema, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';

// Jobs hold ids and digests only: bytes travel through the blob store.

/** Used in job ids, which may hold no colon and not be all digits. */
export const jobIdSchema = z.string().regex(/^[a-z][a-z0-9-]{2,63}$/, 'is not an id like eval-3f2a');
export const plainNameSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'is not a plain name');
const id = jobIdSchema;
const name = plainNameSchema;

/** Names of the queues: one for each kind of job. */
export const QUEUES = {
  train: 'train',
  infer: 'infer',
  /** Spot checks of shards' results. */
  audit: 'audit',
  collect: 'collect',
  /** Ticks of scheduled suites, which become runs. */
  benchmark: 'benchmark',
  /** Runs that have ended, for the data owner's history. */
  record: 'record',
} as const;

/** The queue of audits that ask for one auditor by name: the fingerprint of its key. */
export const auditQueueOf = (auditor: string): string => `${QUEUES.audit}-${auditor.slice(0, 16)}`;

export const seedSchema = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);

/** Evaluate every epoch's checkpoint on this encrypted dataset while training goes on. */
export const checkpointEvaluationSchema = z
  .strictObject({
    manifest: digestSchema,
    shards: z.number().int().min(1).max(100_000),
    engine: name,
    compare: z.boolean(),
    audit: z.boolean().optional(),
  })
  .readonly();

const namedDatasetSchema = z.enum(['mnist', 'fashion-mnist']);
/** A public dataset that every worker can load by its name. */
export type NamedDataset = z.infer<typeof namedDatasetSchema>;

const trainSchema = z
  .strictObject({
    run: id,
    model: name,
    /**
     * Compute never trains on a path from a job: on a named public dataset, or on a set whose owner has put it into the store for
     * workers to see (`StoredImages`).
     */
    dataset: z.union([namedDatasetSchema, z.strictObject({ stored: digestSchema }).readonly()]),
    epochs: z.number().int().min(1).max(200),
    seed: seedSchema,
    evaluate: checkpointEvaluationSchema.optional(),
  })
  .readonly();
/** Train a model of the zoo; each epoch's checkpoint may be evaluated at once. */
export type TrainJob = z.infer<typeof trainSchema>;

const inferSchema = z
  .strictObject({
    evaluation: id,
    manifest: digestSchema,
    shard: z.number().int().min(0).max(99_999),
    model: digestSchema,
    engine: name,
    /** Evaluate again although the result is in the store: a benchmark measures the work. */
    fresh: z.boolean().optional(),
  })
  .readonly();
/** Evaluate one shard. */
export type InferJob = z.infer<typeof inferSchema>;

const auditSchema = z
  .strictObject({
    evaluation: id,
    manifest: digestSchema,
    shard: z.number().int().min(0).max(99_999),
    model: digestSchema,
  })
  .readonly();
/** Check one shard's result position by position; its infer job is the child. */
export type AuditJob = z.infer<typeof auditSchema>;

const collectSchema = z
  .strictObject({
    evaluation: id,
    manifest: digestSchema,
    model: digestSchema,
    engine: name,
    shards: z.number().int().min(1).max(100_000),
    /** The owner may hold the model too: base and quantised accuracy and agreement are reported. */
    compare: z.boolean(),
    /** The children are audit jobs, and their children the infer jobs. */
    audit: z.boolean().optional(),
  })
  .readonly();
/** Decrypt an evaluation's results and report; the audit or infer jobs of its shards are its children. */
export type CollectJob = z.infer<typeof collectSchema>;

/** Most evaluations of a suite, datasets × models: its history grows by as many a run. */
const MAX_SUITE = 16;

const suiteSchema = z
  .strictObject({
    suite: z.string().regex(/^[a-z][a-z0-9-]{2,39}$/, 'is not a name like nightly-mnist'),
    datasets: z
      .array(z.strictObject({ manifest: digestSchema, shards: z.number().int().min(1).max(1000) }).readonly())
      .min(1)
      .max(MAX_SUITE)
      .readonly(),
    models: z.array(digestSchema).min(1).max(MAX_SUITE).readonly(),
    engine: name,
    compare: z.boolean(),
    audit: z.boolean().optional(),
  })
  .refine(
    ({ datasets, models }) => datasets.length * models.length <= MAX_SUITE,
    `is more than ${MAX_SUITE} evaluations`,
  )
  .readonly();
/** A named benchmark suite: every model on every dataset, with one engine. */
export type BenchmarkSuite = z.infer<typeof suiteSchema>;

const runSchema = z
  .strictObject({
    suite: suiteSchema,
    startedAt: z.number().int().positive(),
    /** The run that was still going when this one was due: it was not started. */
    skippedFor: id.optional(),
  })
  .readonly();
/** One run of a suite: its job waits for the evaluations, which are its children; one that was skipped has none. */
export type BenchmarkRun = z.infer<typeof runSchema>;

const trainedSchema = z
  .strictObject({
    /** The checkpoint with the best validation accuracy. */
    model: digestSchema,
    epoch: z.number().int().positive(),
    validationAccuracy: z.number().min(0).max(1),
    seconds: z.number().nonnegative(),
    backend: z.string().max(40),
    epochs: z.number().int(),
    /** Of a stored set: a blob with the class of each test image by that checkpoint, a byte each. */
    predictions: digestSchema.optional(),
  })
  .readonly();
/** What a train job returns. */
export type TrainedResult = z.infer<typeof trainedSchema>;

const inferredSchema = z
  .strictObject({
    shard: z.number().int().nonnegative(),
    result: digestSchema,
    resultBytes: z.number().int().positive(),
    compiled: digestSchema,
    /** Engine time of the evaluation that made the result, also when it was found in the store. */
    seconds: z.number().nonnegative(),
    engine: z.string().max(80),
    reused: z.boolean(),
    worker: z.string().max(120),
    /** Milliseconds since 1970 by the worker's clock: only differences within one job mean anything. */
    startedAt: z.number().int().positive(),
    finishedAt: z.number().int().positive(),
    /** The worker's answer, signed: this result for this shard of this evaluation. */
    signed: signedStatementSchema,
  })
  .readonly();
/** What an infer job returns. */
export type InferredResult = z.infer<typeof inferredSchema>;

const auditedSchema = z
  .strictObject({
    inferred: inferredSchema,
    /** Absent where the plan cannot be checked position by position. */
    signed: signedAttestationSchema.optional(),
    /** What other auditors signed of the same result, before. */
    earlier: z.array(signedAttestationSchema).max(16).readonly().optional(),
  })
  .readonly();
/** What an audit job returns: the result that it is of, and what its auditor signed. */
export type AuditedResult = z.infer<typeof auditedSchema>;

/**
 * What a collect job returns: always this. Whatever depends on a decrypted value stays in the owner's folder, since all who
 * reach the queue read return values, and an answer that depends on the key gives the key away.
 */
export const COLLECTED = 'collected';

// Job data and return values are hostile until parsed: every process that reaches the queue can write them.

/** @throws InputError naming the field that is wrong */
export const parseTrainJob = (data: unknown): TrainJob => parseOrThrow(trainSchema, data, 'train job');
/** @throws InputError naming the field that is wrong */
export const parseInferJob = (data: unknown): InferJob => parseOrThrow(inferSchema, data, 'infer job');
/** @throws InputError naming the field that is wrong */
export const parseAuditJob = (data: unknown): AuditJob => parseOrThrow(auditSchema, data, 'audit job');
/** @throws InputError naming the field that is wrong */
export const parseAudited = (value: unknown): AuditedResult => parseOrThrow(auditedSchema, value, 'audit result');
/** What an audit job is about: an infer job's result, or one that others have audited. @throws InputError for anything else */
export const parseAuditable = (value: unknown): AuditedResult =>
  typeof value === 'object' && value !== null && 'inferred' in value
    ? parseAudited(value)
    : { inferred: parseInferred(value) };
/** @throws InputError naming the field that is wrong */
export const parseCollectJob = (data: unknown): CollectJob => parseOrThrow(collectSchema, data, 'collect job');
/** @throws InputError naming the field that is wrong */
export const parseTrained = (value: unknown): TrainedResult => parseOrThrow(trainedSchema, value, 'train result');
/** @throws InputError naming the field that is wrong */
export const parseInferred = (value: unknown): InferredResult => parseOrThrow(inferredSchema, value, 'infer result');

/** @throws InputError naming the field that is wrong, and for more than 16 evaluations */
export const parseBenchmarkSuite = (data: unknown): BenchmarkSuite =>
  parseOrThrow(suiteSchema, data, 'benchmark suite');
/** @throws InputError naming the field that is wrong */
export const parseBenchmarkRun = (data: unknown): BenchmarkRun => parseOrThrow(runSchema, data, 'benchmark run');

/** Form of a job's progress. */
export const progressSchema = z
  .object({ stage: z.string().max(60), done: z.number(), total: z.number(), note: z.string().max(200).optional() })
  .readonly();
/** Progress of a job: what is being done, and how far. */
export type JobProgress = z.infer<typeof progressSchema>;

const checkpointSchema = z
  .strictObject({ stage: z.literal('checkpoint'), epoch: z.number().int().positive(), model: digestSchema })
  .readonly();

/** What a training job announces after each epoch: an address, so that the checkpoint can be evaluated at once. */
export type CheckpointAnnouncement = z.infer<typeof checkpointSchema>;

/** The announcement in a job's progress; undefined for progress of any other kind. */
export function parseCheckpoint(progress: unknown): CheckpointAnnouncement | undefined {
  const parsed = checkpointSchema.safeParse(progress);
  return parsed.success ? parsed.data : undefined;
}

const backendSchema = z
  .strictObject({ stage: z.literal('backend'), backend: z.string().max(80), reason: z.string().max(400) })
  .readonly();

/** What a training job announces as it starts: the backend of TensorFlow.js that it took, and why. */
export type BackendAnnouncement = z.infer<typeof backendSchema>;

/** The announcement in a job's progress; undefined for progress of any other kind. */
export function parseBackend(progress: unknown): BackendAnnouncement | undefined {
  const parsed = backendSchema.safeParse(progress);
  return parsed.success ? parsed.data : undefined;
}

/** The evaluation of one dataset with one model in a run of a suite, by its place among datasets × models. */
export function suiteEvaluationId(run: string, index: number): string {
  return `${run}-${index}`;
}

/** The evaluation of a training run's checkpoint: one id, so that announcing it twice enqueues it once. */
export function checkpointEvaluationId(run: string, epoch: number): string {
  return `${run}-epoch-${epoch}`;
}
