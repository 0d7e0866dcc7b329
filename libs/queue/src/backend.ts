import type { FlowProducer, Processor, Queue, QueueEvents, Worker, WorkerOptions } from 'bullmq';
import type { WorkerRegistry } from './worker-registry.js';

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

/**
 * Opens the queue backend. Only here is BullMQ loaded: whoever reads a job's data, in a sandbox or a short command, has no queue.
 *
 * @throws UnavailableError when Redis does not answer; InputError when it is too old or evicts, or when another
 * process owns the embedded queue
 */
export async function openQueueBackend(options: BackendOptions): Promise<QueueBackend> {
  return options.redisUrl === undefined || options.redisUrl === ''
    ? (await import('./embedded-backend.js')).openEmbedded(options)
    : (await import('./redis-backend.js')).openRedis(options.redisUrl, options);
}
