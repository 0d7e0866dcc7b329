import { parseJson } from '@ciphernet/foundation';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/** The last millisecond that a date can be of. */
const LATEST_TIME = 8.64e15;

const statusSchema = z
  .strictObject({
    /** host:pid */
    worker: z.string().max(120),
    roles: z.array(z.enum(['train', 'infer', 'audit', 'benchmark'])).readonly(),
    /** Infer jobs side by side. */
    concurrency: z.number().int().nonnegative(),
    engine: z.string().max(120),
    /** TensorFlow.js backend that training would take, with the reason. */
    training: z.string().max(400),
    gpu: z.string().max(120),
    /** Ids of the jobs that it works on. */
    jobs: z.array(z.string().max(120)).max(300).readonly(),
    memoryBytes: z.number().int().nonnegative(),
    startedAt: z.number().int().positive().max(LATEST_TIME),
    seenAt: z.number().int().positive().max(LATEST_TIME),
  })
  .readonly();

/** What a worker tells about itself, for those who watch. */
export type WorkerStatus = z.infer<typeof statusSchema>;

/** A worker that has not been heard of for so long is gone. */
const SECONDS_TO_LIVE = 30;

/** Who is alive: each worker says so every few seconds; what is said expires. */
export interface WorkerRegistry {
  /** Says that the worker is alive; forgotten after half a minute unless it is said again. */
  announce(status: WorkerStatus): Promise<void>;
  /** Workers that are alive, by name. */
  list(): Promise<WorkerStatus[]>;
}

function byName(statuses: WorkerStatus[]): WorkerStatus[] {
  return statuses.sort((a, b) => a.worker.localeCompare(b.worker));
}

/** In Redis, below the deployment's prefix. What does not parse is left out: every process on the queue can write there. */
export function redisRegistry(redis: () => Promise<Redis>, prefix: string): WorkerRegistry {
  const base = `${prefix}-workers:`;
  return {
    async announce(status) {
      await (await redis()).set(`${base}${status.worker}`, JSON.stringify(status), 'EX', SECONDS_TO_LIVE);
    },
    async list() {
      const client = await redis();
      const keys: string[] = [];
      let cursor = '0';
      do {
        const [next, page] = await client.scan(cursor, 'MATCH', `${base}*`, 'COUNT', 1000);
        keys.push(...page);
        cursor = next;
      } while (cursor !== '0');
      const texts = keys.length === 0 ? [] : await client.mget(keys);
      return byName(
        texts.flatMap((text) => {
          // Expired since its key was listed.
          if (text === null) return [];
          try {
            const parsed = statusSchema.safeParse(parseJson(text, 'worker status'));
            return parsed.success ? [parsed.data] : [];
          } catch {
            return [];
          }
        }),
      );
    },
  };
}

/** Of the one process that owns an embedded queue. */
export function memoryRegistry(): WorkerRegistry {
  const statuses = new Map<string, WorkerStatus>();
  return {
    announce(status) {
      statuses.set(status.worker, status);
      return Promise.resolve();
    },
    list() {
      const oldest = Date.now() - SECONDS_TO_LIVE * 1000;
      return Promise.resolve(byName([...statuses.values()].filter(({ seenAt }) => seenAt >= oldest)));
    },
  };
}
