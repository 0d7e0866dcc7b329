import { availableParallelism, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { digestSchema, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';

/**
 * What every process learns from its environment; everything else comes from options and jobs. Where keys, labels and
 * reports are is no part of it: only the owner's package knows.
 */
export interface Configuration {
  /** Redis when set; the embedded queue otherwise. */
  readonly redisUrl: string | undefined;
  /** Separates deployments that share a Redis. */
  readonly prefix: string;
  /** Root of everything that is written. */
  readonly dataFolder: string;
  readonly blobFolder: string;
  /** An S3-compatible store instead of the folder. */
  readonly blobUrl: string | undefined;
  /** Where and how much of that store is kept beside the process; nothing when it is undefined. */
  readonly blobCache: { readonly folder: string; readonly maxBytes: number } | undefined;
  readonly queueFolder: string;
  /** What running jobs may take to finish once a process is asked to stop. */
  readonly stopSeconds: number;
  /** How long a worker's job may say nothing of its progress before its thread is ended. */
  readonly silenceSeconds: number;
  /** Where named datasets are looked for before they are downloaded, and where downloads are kept. */
  readonly datasetFolders: { readonly dataFolder?: string; readonly cacheFolder: string };
  /** `auto`: readable in a terminal, JSON lines elsewhere. */
  readonly logFormat: 'auto' | 'json' | 'text';
  readonly cores: number;
  /** Names a worker in results and on the dashboard. */
  readonly host: string;
  /** Fingerprints of workers whose results and circuits this one takes from the store besides its own. */
  readonly acceptedWorkers: readonly string[];
  /** Fingerprints of data owners whose datasets this worker evaluates and audits; anybody's, where it is empty. */
  readonly acceptedOwners: readonly string[];
  /** Key that models are stored under: of their owner's workers and auditors. */
  readonly modelKeyFile: string | undefined;
}

/** Separated by commas or blanks. */
const fingerprints = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
  .pipe(z.array(digestSchema).max(1000))
  .default([]);

const schema = z.object({
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/./, 'must be like redis://host:6379')
    .optional()
    .or(z.literal('').transform(() => undefined)),
  BLOB_URL: z
    .string()
    .regex(/^s3:\/\/./, 'must be like s3://bucket/prefix')
    .optional()
    .or(z.literal('').transform(() => undefined)),
  CIPHERNET_CACHE_GB: z
    .string()
    .regex(/^\d{1,6}(\.\d{1,3})?$/, 'must be gigabytes, like 20')
    .default('0')
    .transform(Number),
  CIPHERNET_DATA: z.string().min(1).default('.data'),
  CIPHERNET_DATASETS: z.string().min(1).optional(),
  CIPHERNET_MODEL_KEY: z
    .string()
    .optional()
    .transform((path) => path || undefined),
  CIPHERNET_WORKERS: fingerprints,
  CIPHERNET_OWNERS: fingerprints,
  CIPHERNET_LOG: z.enum(['auto', 'json', 'text']).default('auto'),
  CIPHERNET_STOP_SECONDS: z
    .string()
    .regex(/^\d{1,4}$/, 'must be seconds, like 30')
    .default('30')
    .transform(Number),
  CIPHERNET_SILENCE_SECONDS: z
    .string()
    .regex(/^[1-9]\d{0,5}$/, 'must be seconds, like 900')
    .default('900')
    .transform(Number),
  CIPHERNET_PREFIX: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/i, 'must be letters, digits and dashes')
    .default('ciphernet'),
});

/** Reads and checks the environment. @throws InputError naming the variable */
export function loadConfiguration(env: NodeJS.ProcessEnv = process.env): Configuration {
  const parsed = parseOrThrow(schema, env, 'environment');
  const dataFolder = resolve(parsed.CIPHERNET_DATA);
  return Object.freeze({
    redisUrl: parsed.REDIS_URL,
    prefix: parsed.CIPHERNET_PREFIX,
    dataFolder,
    blobFolder: join(dataFolder, 'store'),
    blobUrl: parsed.BLOB_URL,
    blobCache:
      parsed.CIPHERNET_CACHE_GB === 0
        ? undefined
        : { folder: join(dataFolder, 'blob-cache'), maxBytes: parsed.CIPHERNET_CACHE_GB * 1e9 },
    queueFolder: join(dataFolder, 'queue'),
    stopSeconds: parsed.CIPHERNET_STOP_SECONDS,
    silenceSeconds: parsed.CIPHERNET_SILENCE_SECONDS,
    datasetFolders: {
      cacheFolder: join(dataFolder, 'cache'),
      ...(parsed.CIPHERNET_DATASETS === undefined ? {} : { dataFolder: resolve(parsed.CIPHERNET_DATASETS) }),
    },
    logFormat: parsed.CIPHERNET_LOG,
    cores: availableParallelism(),
    host: hostname(),
    acceptedWorkers: parsed.CIPHERNET_WORKERS,
    acceptedOwners: parsed.CIPHERNET_OWNERS,
    modelKeyFile: parsed.CIPHERNET_MODEL_KEY === undefined ? undefined : resolve(parsed.CIPHERNET_MODEL_KEY),
  });
}
