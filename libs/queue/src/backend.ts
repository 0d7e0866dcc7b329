import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import {
  FlowProducer,
  type Processor,
  Queue,
  QueueEvents,
  Worker,
  type WorkerOptions,
  createPostgresBackend,
  runMigrations,
  withBackend,
} from 'bullmq';
import { Redis } from 'ioredis';
import { EmbeddedPool } from './embedded-pool.js';
import { takeOwnerLock } from './owner-lock.js';
import { checkRedis, describeRedis } from './redis-preflight.js';
import { startTracing } from './telemetry.js';
import { type WorkerRegistry, memoryRegistry, redisRegistry } from './worker-registry.js';

/** BullMQ's options of a worker, without those that the backend sets. */
export type WorkerTuning = Omit<WorkerOptions, 'connection' | 'prefix'>;

/** Queues of one deployment. Everything made here is closed by `close`, with a deadline. */
export interface QueueBackend {
  readonly kind: 'redis' | 'embedded';
  /** For messages; no credentials. */
  readonly description: string;
  /** The queue of a name: one object a name. */
  queue(name: string): Queue;
  /** Starts a worker: a function of this process, or a file that runs in a sandbox. */
  worker(name: string, processor: string | URL | Processor, options: WorkerTuning): Worker;
  flows(): FlowProducer;
  /** Events of a queue: one object a name. */
  events(name: string): QueueEvents;
  readonly workers: WorkerRegistry;
  /** Closes workers first (they hand their jobs back or finish), then the rest. Never hangs. */
  close(): Promise<void>;
}

/** Which queue, and where. */
export interface BackendOptions {
  /** Redis when given, otherwise the embedded queue. */
  readonly redisUrl?: string | undefined;
  /** Folder of the embedded queue. */
  readonly folder: string;
  /** Separates deployments that share a Redis. */
  readonly prefix: string;
  /** What running jobs may take to finish once the queue is closed; half a minute when it is not given. */
  readonly stopSeconds?: number;
  /** Every connection error ends up here; BullMQ reconnects by itself. */
  readonly onError?: (error: Error) => void;
}

/** Events are a log for watchers, not a store. */
const MAX_EVENTS = 1000;
const CLOSE_DEADLINE_MS = 10_000;
/** What a job may take to finish once its worker is asked to stop; then it is left to another worker. */
const STOP_SECONDS = 30;

interface Closable {
  close(): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([promise, deadline]).finally(() => clearTimeout(timer));
}

/** One of each name: every BullMQ object holds a connection. */
function once<T>(make: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>();
  return (name) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const fresh = make(name);
    made.set(name, fresh);
    return fresh;
  };
}

/** Every waiter listens: the number has no bound that would mean a leak. */
function manyListeners<T extends { setMaxListeners(n: number): unknown }>(emitter: T): T {
  emitter.setMaxListeners(0);
  return emitter;
}

/** Tracks what was opened, and closes it in order. */
function tracker(
  onError: (error: Error) => void,
  stopSeconds = STOP_SECONDS,
): {
  track: <T extends Closable>(made: T, isWorker?: boolean) => T;
  closeAll: () => Promise<void>;
} {
  const workers: Closable[] = [];
  const others: Closable[] = [];
  const close = (items: Closable[], deadline: number): Promise<unknown> =>
    Promise.all(items.splice(0).map((item) => within(item.close().catch(onError), deadline)));
  return {
    track(made, isWorker = false) {
      made.on('error', onError);
      (isWorker ? workers : others).push(made);
      return made;
    },
    async closeAll() {
      await close(workers, 1000 * stopSeconds);
      await close(others, CLOSE_DEADLINE_MS);
    },
  };
}

async function openRedis(url: string, options: BackendOptions): Promise<QueueBackend> {
  await checkRedis(url);
  const onError = options.onError ?? ((): void => undefined);
  const { track, closeAll } = tracker(onError, options.stopSeconds);
  const tracing = await startTracing();
  const base = {
    connection: { url, maxRetriesPerRequest: null },
    prefix: options.prefix,
    ...(tracing === undefined ? {} : { telemetry: tracing.telemetry }),
  };
  const flows = once(() => track(new FlowProducer(base)));
  let registry: Redis | undefined;
  const registryClient = (): Promise<Redis> => {
    registry ??= new Redis(url, { maxRetriesPerRequest: 1 }).on('error', () => undefined);
    return Promise.resolve(registry);
  };
  return {
    kind: 'redis',
    description: describeRedis(url),
    queue: once((name) => track(new Queue(name, { ...base, streams: { events: { maxLen: MAX_EVENTS } } }))),
    worker: (name, processor, tuning) => track(new Worker(name, processor, { ...base, ...tuning }), true),
    flows: () => flows('flows'),
    events: once((name) => manyListeners(track(new QueueEvents(name, base)))),
    workers: redisRegistry(registryClient, options.prefix),
    async close() {
      await closeAll();
      registry?.disconnect();
      await within(tracing?.shutdown().catch(onError) ?? Promise.resolve(), CLOSE_DEADLINE_MS);
    },
  };
}

/** The queue's tables take some hundred kilobytes: Postgres' own 128 MB of buffers are a third of what all else takes. */
const POSTGRES = ['shared_buffers=8MB'];

async function openEmbedded(options: BackendOptions): Promise<QueueBackend> {
  const lock = await takeOwnerLock(join(options.folder, 'owner.pid'));
  let database: PGlite;
  let pool: EmbeddedPool;
  try {
    await mkdir(options.folder, { recursive: true });
    database = await PGlite.create({ dataDir: join(options.folder, 'postgres'), postgresqlconf: POSTGRES });
    await database.exec('CREATE SCHEMA IF NOT EXISTS bullmq; SET search_path TO bullmq');
    pool = new EmbeddedPool(database);
    const client = await pool.connect();
    await runMigrations(client);
    client.release();
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
  const { track, closeAll } = tracker(options.onError ?? (() => undefined), options.stopSeconds);
  const bound = withBackend(createPostgresBackend);
  const base = { connection: pool };
  const flows = once(() => track(new bound.FlowProducer(base)) as unknown as FlowProducer);
  return {
    kind: 'embedded',
    description: `embedded in ${options.folder}`,
    queue: once(
      (name) =>
        track(new bound.Queue(name, { ...base, streams: { events: { maxLen: MAX_EVENTS } } })) as unknown as Queue,
    ),
    worker: (name, processor, tuning) =>
      track(new bound.Worker(name, processor, { ...base, ...tuning }), true) as unknown as Worker,
    flows: () => flows('flows'),
    events: once((name) => manyListeners(track(new bound.QueueEvents(name, base)) as unknown as QueueEvents)),
    workers: memoryRegistry(),
    async close() {
      await closeAll();
      await pool.end();
      await within(database.close(), CLOSE_DEADLINE_MS);
      await lock[Symbol.asyncDispose]();
    },
  };
}

/**
 * Opens the queue backend.
 *
 * @throws UnavailableError when Redis does not answer; InputError when it is too old or evicts, or when another
 * process owns the embedded queue
 */
export function openQueueBackend(options: BackendOptions): Promise<QueueBackend> {
  return options.redisUrl === undefined || options.redisUrl === ''
    ? openEmbedded(options)
    : openRedis(options.redisUrl, options);
}
