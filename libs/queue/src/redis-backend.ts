import { FlowProducer, Queue, QueueEvents, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { BackendOptions, QueueBackend } from './backend.js';
import { CLOSE_DEADLINE_MS, MAX_EVENTS, manyListeners, once, tracker, within } from './opened.js';
import { checkRedis, describeRedis } from './redis-preflight.js';
import { startTracing } from './telemetry.js';
import { redisRegistry } from './worker-registry.js';

/** Opens the queue of a Redis. @throws UnavailableError when it does not answer; InputError when it is too old or evicts */
export async function openRedis(url: string, options: BackendOptions): Promise<QueueBackend> {
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
