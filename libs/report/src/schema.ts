import { z } from 'zod';

const fraction = z.number().min(0).max(1);
const seconds = z.number().nonnegative();
const bytes = z.number().int().nonnegative();

/**
 * The report of one evaluation, version 1. Aggregates only: no logit and no label leaves the collector.
 *
 * Figures that need model and data in one place (base and quantised accuracy, agreement, precision) are absent, not
 * zero, when the owner does not hold the model.
 */
export const reportSchema = z.strictObject({
  format: z.literal('ciphernet-report'),
  version: z.literal(1),
  evaluation: z.string(),
  createdAt: z.iso.datetime(),
  dataset: z.strictObject({
    name: z.string(),
    split: z.string(),
    source: z.string(),
    /** Values that the model gives an example: one a class, or those of a regression. */
    classes: z.number().int().positive(),
    /** What an example is; absent in reports from when all were images. */
    unit: z.enum(['images', 'examples']).optional(),
    transform: z.string(),
    manifest: z.string(),
  }),
  images: z.number().int().positive(),
  model: z.strictObject({
    digest: z.string(),
    /** Name, squares and training are known to who may hold the model. */
    name: z.string().optional(),
    squares: z.number().int().optional(),
    epochs: z.number().int().optional(),
    trainedOn: z.string().optional(),
    backend: z.string().optional(),
    /** What evaluated the plain model. */
    runtime: z.string().optional(),
  }),
  accuracy: z.strictObject({
    /** The plain float model. */
    base: fraction.optional(),
    /** The integer circuit in the clear. */
    quantised: fraction.optional(),
    /** What decryption gave; absent where nothing is classified, or nobody knows the answers. */
    encrypted: fraction.optional(),
  }),
  /** What the model was asked for; absent in reports from when all were of several classes. */
  task: z.enum(['multiclass', 'binary', 'multilabel', 'regression']).optional(),
  /** True where it was shown that the result was computed as agreed: by a comparison, or audits of somebody who is believed. */
  verified: z.boolean().optional(),
  /** Figures of what decryption gave, by scikit-learn's definitions. */
  metrics: z.record(z.string(), z.number()).optional(),
  /** 95 % intervals of `metrics`: Wilson's of proportions, a seeded bootstrap's of all others. */
  intervals: z.record(z.string(), z.tuple([z.number(), z.number()])).optional(),
  /** The same figures of the plain model. */
  plainMetrics: z.record(z.string(), z.number()).optional(),
  /** Figures that cannot be had, and why. */
  withoutMetrics: z.record(z.string(), z.string()).optional(),
  /** Each class by itself, in the order of the classes. */
  perClass: z
    .array(
      z.strictObject({
        name: z.string(),
        support: z.number().int().nonnegative(),
        precision: z.number(),
        recall: z.number(),
        f1: z.number(),
      }),
    )
    .optional(),
  /** How often what is said with a confidence is so; bins of equal width from 0 to 1. */
  reliability: z
    .strictObject({
      edges: z.array(z.number()),
      confidence: z.array(z.number().nullable()),
      frequency: z.array(z.number().nullable()),
      counts: z.array(z.number().int().nonnegative()),
    })
    .optional(),
  /** The same figures of parts of the examples; none of a part that is too small to be looked at. */
  slices: z
    .strictObject({
      column: z.string(),
      minimum: z.number().int().positive(),
      parts: z.array(
        z.strictObject({
          name: z.string(),
          count: z.number().int().nonnegative(),
          metrics: z.record(z.string(), z.number()).optional(),
          intervals: z.record(z.string(), z.tuple([z.number(), z.number()])).optional(),
        }),
      ),
    })
    .optional(),
  /** What of the evaluation depends on guesses, and where constants come from that are not public. */
  notes: z.array(z.string()).optional(),
  /** What was checked before the result was accepted; `docs/verification.md` says what each finds. */
  checks: z.array(z.string()).optional(),
  /** Who spot-checked every shard's result; absent where not all were. */
  audits: z
    .strictObject({
      /** Fingerprints of their signing keys. */
      auditors: z.array(z.string()),
      /** Those of them that have signed the model as its owner. */
      modelOwners: z.array(z.string()).optional(),
      /** The owner named each of them. */
      believed: z.boolean(),
      positionsPerPrime: z.number().int().positive(),
    })
    .optional(),
  /** Fraction of examples on which encrypted and quantised decisions are the same. */
  agreement: fraction.optional(),
  /** Fraction of examples on which encrypted decisions and the plain model's are the same. */
  plainAgreement: fraction.optional(),
  /** confusion[true class][predicted class], counts; empty where nothing is classified */
  confusion: z.array(z.array(z.number().int().nonnegative())),
  /** Error of decrypted logits against the quantised circuit, in logit units. */
  precision: z
    .strictObject({
      predictedDeviation: z.number(),
      predictedBound: z.number(),
      measuredRms: z.number(),
      measuredLargest: z.number(),
      /** −log2 of the measured rms over the largest logit. */
      bits: z.number(),
    })
    .optional(),
  /** Histogram of the gaps between each image's two highest logits; bin i starts at edges[i], in logit units. */
  margins: z
    .strictObject({
      edges: z.array(z.number().nonnegative()),
      counts: z.array(z.number().int().nonnegative()),
      /** Images whose gap is below twice the predicted bound of a logit's error. */
      uncertain: z.number().int().nonnegative().optional(),
    })
    .optional(),
  parameters: z.strictObject({
    digest: z.string(),
    /** Absent in reports from before there were two: the standard one. */
    ring: z.enum(['standard', 'conjugate-invariant']).optional(),
    ringDegree: z.number().int(),
    primes: z.array(z.number().int()),
    specialPrime: z.number().int(),
    inputScale: z.number(),
    mode: z.enum(['public', 'symmetric']),
    /** Of each linear map. */
    weightBits: z.array(z.number().int()).optional(),
    keyFingerprint: z.string(),
    explanation: z.string().optional(),
  }),
  security: z.strictObject({
    bits: z.number(),
    logQP: z.number(),
    maxLogQP: z.number(),
    source: z.string(),
  }),
  /** Wall-clock seconds of each stage; train and encrypt where they are known. */
  seconds: z.strictObject({
    train: seconds.optional(),
    encrypt: seconds.optional(),
    infer: seconds,
    /** Sum over shards: more than `infer` when workers run side by side. */
    inferTotal: seconds,
    decrypt: seconds,
    compare: seconds.optional(),
  }),
  bytes: z.strictObject({
    upload: bytes,
    download: bytes,
    /** Always 0: no relinearisation and no Galois keys. */
    evaluationKeys: bytes,
    publicKey: bytes,
    uploadPerImage: z.number(),
    downloadPerImage: z.number(),
  }),
  /** Images a second. */
  throughput: z.strictObject({
    train: z.number().optional(),
    encrypt: z.number().optional(),
    infer: z.number(),
    decrypt: z.number(),
  }),
  engine: z.string(),
  engineVersion: z.string(),
  shards: z.number().int().positive(),
  /** Shards whose result was in the store already; their seconds are those of the first time. */
  reusedShards: z.number().int().nonnegative(),
  workers: z.array(z.string()),
  versions: z.record(z.string(), z.string()),
  machine: z.strictObject({ cpu: z.string(), cores: z.number().int(), memoryGiB: z.number() }),
});

/** A parsed report. */
export type Report = z.infer<typeof reportSchema>;
