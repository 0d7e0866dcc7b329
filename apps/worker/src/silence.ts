import { type Worker, getEnvironmentData, setEnvironmentData, threadId } from 'node:worker_threads';

/** Under this name sandbox threads find the table of when each was last heard of. */
const TABLE = 'ciphernet.heard';
/** More threads than a process has alive at once; their ids count up, and each has the place of its id modulo this. */
const PLACES = 4096;
const CHECK_MS = 1000;

const seconds = (): number => Math.floor(Date.now() / 1000);

/** Seconds since 1970 at which each thread that runs a job was last heard of; 0 where it runs none. */
function tableOf(): Int32Array | undefined {
  const shared = getEnvironmentData(TABLE) as unknown as SharedArrayBuffer | undefined;
  return shared === undefined ? undefined : new Int32Array(shared);
}

/** How a job shows that it goes on. */
export interface Heartbeat extends Disposable {
  beat(): void;
}

/** Of a job that this thread begins. Its end is the heartbeat's. */
export function beginHeartbeat(): Heartbeat {
  const table = tableOf();
  const place = threadId % PLACES;
  const write = (value: number): void => {
    if (table !== undefined) Atomics.store(table, place, value);
  };
  write(seconds());
  return {
    beat: () => write(seconds()),
    [Symbol.dispose]: () => write(0),
  };
}

/** Ends threads whose job is silent for too long. */
export interface SilenceWatch extends Disposable {
  /** Threads that were ended. */
  readonly ended: number;
}

/**
 * Watches over the threads that this process starts from now on: what a job was given comes from outside, and a thread that it keeps
 * busy for ever can be ended from outside only. The queue then fails the job, as for a thread that broke, and tries it again as often as any other.
 *
 * @param limitSeconds without a word of the job's progress
 * @param say told of each thread that is ended
 */
export function watchSilence(limitSeconds: number, say: (line: string) => void): SilenceWatch {
  const table = new Int32Array(new SharedArrayBuffer(4 * PLACES));
  setEnvironmentData(TABLE, table.buffer);
  const threads = new Map<number, Worker>();
  const remember = (thread: Worker): void => {
    const id = thread.threadId;
    threads.set(id, thread);
    thread.once('exit', () => {
      threads.delete(id);
      Atomics.store(table, id % PLACES, 0);
    });
  };
  process.on('worker', remember);
  let ended = 0;
  const timer = setInterval(() => {
    for (const [id, thread] of threads) {
      const heard = Atomics.load(table, id % PLACES);
      if (heard === 0 || seconds() - heard <= limitSeconds) continue;
      threads.delete(id);
      ended++;
      say(`a job said nothing for ${limitSeconds} s: its thread, ${id}, is ended`);
      void thread.terminate();
    }
  }, CHECK_MS);
  timer.unref();
  return {
    get ended() {
      return ended;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      process.off('worker', remember);
    },
  };
}
