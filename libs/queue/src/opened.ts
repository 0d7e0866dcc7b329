// What both backends do with what they opened.

/** Events are a log for watchers, not a store. */
export const MAX_EVENTS = 1000;
export const CLOSE_DEADLINE_MS = 10_000;
/** What a job may take to finish once its worker is asked to stop; then it is left to another worker. */
const STOP_SECONDS = 30;

interface Closable {
  close(): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([promise, deadline]).finally(() => clearTimeout(timer));
}

/** One of each name: every BullMQ object holds a connection. */
export function once<T>(make: (name: string) => T): (name: string) => T {
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
export function manyListeners<T extends { setMaxListeners(n: number): unknown }>(emitter: T): T {
  emitter.setMaxListeners(0);
  return emitter;
}

/** Tracks what was opened, and closes it in order. */
export function tracker(
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
