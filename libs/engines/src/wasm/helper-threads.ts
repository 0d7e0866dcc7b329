import { Worker } from 'node:worker_threads';
import type { HelperMessage, HelperReply } from './thread.js';

/** Who waits for a helper's answer. */
interface Asked {
  readonly resolve: (reply: HelperReply) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A helper thread of this thread. It does what it is asked in turn. It stays warm for the life of the thread, since starting one takes
 * longer than a small shard. Idle, it neither uses a core nor keeps the process alive.
 */
export interface Helper {
  /** Numbers of the circuits that it has, oldest first. */
  readonly circuits: number[];
  /** Whether it evaluates, or will. */
  isBusy: boolean;
  /** @throws Error where the thread ends before it answers */
  ask(message: HelperMessage): Promise<HelperReply>;
}

/** More threads than this do not help one shard: reading it and the rescale remain. */
export const MOST_THREADS = 16;

/** The built file, also where the package's sources run (tests): threads load JavaScript. */
const THREAD = new URL('../../dist/wasm/thread.js', import.meta.url);

const helpers: Helper[] = [];

/** Why a helper ended that nobody had asked anything: it does not start here, and the next who asks for one is told. */
let broken: Error | undefined;

/** Helpers that are there, the first ones first. */
export function helpersHere(): readonly Helper[] {
  return helpers;
}

/** Starts one more. Messages wait until it has loaded its modules. @throws Error where an earlier one did not start */
export function startHelper(): Helper {
  if (broken !== undefined) throw broken;
  const thread = new Worker(THREAD);
  const asked: Asked[] = [];
  const helper: Helper = {
    circuits: [],
    isBusy: false,
    ask(message) {
      thread.ref();
      return new Promise((resolve, reject) => {
        asked.push({ resolve, reject });
        thread.postMessage(message);
      });
    },
  };
  const end = (error: Error): void => {
    const at = helpers.indexOf(helper);
    if (at < 0) return;
    helpers.splice(at, 1);
    if (asked.length === 0) broken = error;
    for (const { reject } of asked.splice(0)) reject(error);
  };
  thread.unref();
  thread.on('message', (reply: HelperReply) => {
    const first = asked.shift();
    if (asked.length === 0) thread.unref();
    first?.resolve(reply);
  });
  thread.once('error', end);
  thread.once('exit', () => end(new Error('a helper thread ended during an evaluation')));
  helpers.push(helper);
  return helper;
}

/**
 * Starts helpers ahead of the first evaluation, which then need not be worth the start of one: for a process that has a single
 * piece of work and knows that it is large. This module loads nothing of the project, so that they can start before all else is
 * loaded; it has a door of its own.
 *
 * @param count threads beside this one, 0 or more
 */
export function startHelpers(count: number): void {
  for (let k = helpers.length; k < count; k++) startHelper();
}
