import type { CompiledCircuit } from '@ciphernet/compiler';
import { settleAll, decodeError } from '@ciphernet/foundation';
import { type CoreCounter, hasFreeCore, takeCore } from './cores.js';
import { type Helper, helpersHere, startHelper } from './helper-threads.js';
import type { EvaluationTask, HelperMessage, HelperReply } from './thread.js';
import { REMEMBERED_CIRCUITS } from './work.js';

/** Loading modules and compiling kernels takes a thread some 150 ms. */
const WORTH_STARTING_MS = 400;

/** Evaluations that this thread has begun: after the first there will be more. */
let begun = 0;

const numbers = new WeakMap<CompiledCircuit, number>();
let lastNumber = 0;

function numberOf(compiled: CompiledCircuit): number {
  const known = numbers.get(compiled);
  if (known !== undefined) return known;
  numbers.set(compiled, ++lastNumber);
  return lastNumber;
}

/** What a helper answers. @throws the error that it failed with */
async function replyOf(helper: Helper, message: HelperMessage): Promise<Exclude<HelperReply, { kind: 'failed' }>> {
  const reply = await helper.ask(message);
  if (reply.kind === 'failed') throw decodeError(reply.error);
  return reply;
}

/** Resolves when the helper has left the evaluation. */
async function evaluateOn(helper: Helper, task: Omit<EvaluationTask, 'kind'>): Promise<void> {
  helper.isBusy = true;
  try {
    await replyOf(helper, { kind: 'evaluate', ...task });
  } finally {
    helper.isBusy = false;
  }
}

/** SHA-256 of a file, in hex, by a helper, after what that one was asked before; it is started where there is none. */
export function hashOnHelper(path: string): Promise<string> {
  const helper = helpersHere()[0] ?? startHelper();
  const digest = replyOf(helper, { kind: 'hash', path }).then((reply) => {
    if (reply.kind === 'hashed') return reply.digest;
    throw new TypeError('a helper gave another answer');
  });
  // Awaited when the file has been evaluated; until then a failure must not count as unhandled.
  digest.catch(() => undefined);
  return digest;
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
  task: Omit<EvaluationTask, 'kind' | 'circuit' | 'compiled' | 'cores'>,
): Crew {
  const joined: Promise<void>[] = [];
  let inside = 0;
  const circuit = numberOf(compiled);
  begun++;
  const inviteOne = (remainingMs: number): boolean => {
    const helpers = helpersHere();
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
    const left = evaluateOn(helper, { ...task, circuit, cores, ...(knows ? {} : { compiled }) }).finally(
      () => inside--,
    );
    // Awaited in `settled`; until then a failure must not count as unhandled.
    left.catch(() => undefined);
    joined.push(left);
    return true;
  };
  return {
    invite(remainingMs) {
      while (inviteOne(remainingMs));
    },
    settled: () => settleAll(joined),
  };
}
