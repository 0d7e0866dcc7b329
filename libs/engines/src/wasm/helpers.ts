import { Worker } from 'node:worker_threads';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { decodeError } from '@ciphernet/foundation';
import { type CoreCounter, hasFreeCore, takeCore } from './cores.js';
import type { HelperReply, HelperTask } from './thread.js';
import { REMEMBERED_CIRCUITS } from './work.js';

/**
 * Helper threads of this thread. They are started when an evaluation first finds a free core, and stay warm for the life of
 * the thread: starting one takes longer than a small shard. Idle, they neither use a core nor keep the process alive.
 */
interface Helper {
  readonly thread: Worker;
  /** Numbers of the circuits that it has, oldest first. */
  readonly circuits: number[];
  isBusy: boolean;
}

/** The built file, also where the package's sources run (tests): threads load JavaScript. */
const THREAD = new URL('../../dist/wasm/thread.js', import.meta.url);

/** Loading modules and compiling kernels takes a thread some 150 ms. */
const WORTH_STARTING_MS = 400;

/** Evaluations that this thread has begun: after the first there will be more. */
let begun = 0;

const helpers: Helper[] = [];

const numbers = new WeakMap<CompiledCircuit, number>();
let lastNumber = 0;

function numberOf(compiled: CompiledCircuit): number {
  const known = numbers.get(compiled);
  if (known !== undefined) return known;
  numbers.set(compiled, ++lastNumber);
  return lastNumber;
}

function startHelper(): Helper {
  const thread = new Worker(THREAD);
  const helper: Helper = { thread, circuits: [], isBusy: false };
  thread.unref();
  thread.once('exit', () => {
    const at = helpers.indexOf(helper);
    if (at >= 0) helpers.splice(at, 1);
  });
  helpers.push(helper);
  return helper;
}

/**
 * Starts helpers ahead of the first evaluation, which then need not be worth the start of one: for a process that has a single
 * piece of work and knows that it is large.
 *
 * @param count threads beside this one, 0 or more
 */
export function startHelpers(count: number): void {
  for (let k = helpers.length; k < count; k++) startHelper();
}

/** Resolves when the helper has left the evaluation. */
function ask(helper: Helper, task: HelperTask): Promise<void> {
  const { thread } = helper;
  helper.isBusy = true;
  thread.ref();
  return new Promise<void>((resolve, reject) => {
    const finish = (error?: Error): void => {
      thread.off('message', onReply);
      thread.off('error', finish);
      thread.off('exit', onExit);
      thread.unref();
      helper.isBusy = false;
      if (error === undefined) resolve();
      else reject(error);
    };
    const onReply = (reply: HelperReply): void =>
      finish(reply.kind === 'failed' ? decodeError(reply.error) : undefined);
    const onExit = (): void => finish(new Error('a helper thread ended during an evaluation'));
    thread.on('message', onReply);
    thread.on('error', finish);
    thread.on('exit', onExit);
    thread.postMessage(task);
  });
}

/** Helpers of one evaluation. */
export interface Crew {
  /**
   * Lets helpers join while there are free cores. Cheap: call it between units.
   *
   * @param remainingMs what this thread alone would still take: a new thread is started only where that pays
   */
  invite(remainingMs: number): void;
  /** Resolves when all have left. @throws the error of one that failed */
  settled(): Promise<void>;
}

/**
 * A crew for one evaluation, empty at first.
 *
 * @param most helpers at a time, 0 for none
 */
export function createCrew(
  compiled: CompiledCircuit,
  most: number,
  cores: CoreCounter,
  task: Omit<HelperTask, 'circuit' | 'compiled' | 'cores'>,
): Crew {
  const joined: Promise<void>[] = [];
  let inside = 0;
  const circuit = numberOf(compiled);
  begun++;
  const inviteOne = (remainingMs: number): boolean => {
    const warm = helpers.find(({ isBusy }) => !isBusy);
    if (inside >= most) return false;
    if (warm === undefined && remainingMs < WORTH_STARTING_MS) {
      // Not worth it for this one; shard after shard it is, and the next one finds the thread warm.
      if (begun > 1 && helpers.length < most && hasFreeCore(cores)) startHelper();
      return false;
    }
    if (!takeCore(cores)) return false;
    const helper = warm ?? startHelper();
    const knows = helper.circuits.includes(circuit);
    if (!knows) {
      helper.circuits.push(circuit);
      if (helper.circuits.length > REMEMBERED_CIRCUITS) helper.circuits.shift();
    }
    inside++;
    const left = ask(helper, { ...task, circuit, cores, ...(knows ? {} : { compiled }) }).finally(() => inside--);
    // Awaited in `settled`; until then a failure must not count as unhandled.
    left.catch(() => undefined);
    joined.push(left);
    return true;
  };
  return {
    invite(remainingMs) {
      while (inviteOne(remainingMs));
    },
    async settled() {
      const outcomes = await Promise.allSettled(joined);
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}
