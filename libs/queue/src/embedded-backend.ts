import { join } from 'node:path';
import {
  type FlowProducer,
  type Queue,
  type QueueEvents,
  type Worker,
  createPostgresBackend,
  withBackend,
} from 'bullmq';
import type { BackendOptions, QueueBackend } from './backend.js';
import { type EmbeddedDatabase, openEmbeddedDatabase } from './embedded-database.js';
import { CLOSE_DEADLINE_MS, MAX_EVENTS, manyListeners, once, tracker, within } from './opened.js';
import { takeOwnerLock } from './owner-lock.js';
import { memoryRegistry } from './worker-registry.js';

/** Opens the queue of a folder. @throws InputError when another process owns it */
export async function openEmbedded(options: BackendOptions): Promise<QueueBackend> {
  const lock = await takeOwnerLock(join(options.folder, 'owner.pid'));
  let opened: EmbeddedDatabase;
  try {
    opened = await openEmbeddedDatabase(join(options.folder, 'postgres'));
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
  const { track, closeAll } = tracker(options.onError ?? (() => undefined), options.stopSeconds);
  const { database, pool } = opened;
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
