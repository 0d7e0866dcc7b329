import { parentPort } from 'node:worker_threads';
import { openBatchFile } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { type EncodedError, elementAt, encodeError } from '@ciphernet/foundation';
import type { CoreCounter } from './cores.js';
import { planSegments } from './segments.js';
import { type Region, createShardRunner, unitAt, unitsOf } from './units.js';
import { REMEMBERED_CIRCUITS, type Work, finishUnit, stopWork, takeFromBack } from './work.js';

/** One evaluation that a helper joins. */
export interface HelperTask {
  /** Identifies the circuit among those of the thread that asks. */
  readonly circuit: number;
  /** The circuit itself, unless this helper has had it. */
  readonly compiled?: CompiledCircuit;
  readonly path: string;
  readonly work: Work;
  readonly region: Region;
  readonly cores: CoreCounter;
}

/** What a helper answers when it has left. */
export type HelperReply = { readonly kind: 'left' } | { readonly kind: 'failed'; readonly error: EncodedError };

/** Circuits that were sent, the latest ones; their layouts live as long as they do. */
const circuits = new Map<number, CompiledCircuit>();

function circuitOf(task: HelperTask): CompiledCircuit {
  if (task.compiled !== undefined) {
    circuits.set(task.circuit, task.compiled);
    for (const oldest of circuits.keys()) if (circuits.size > REMEMBERED_CIRCUITS) circuits.delete(oldest);
  }
  const compiled = circuits.get(task.circuit);
  if (compiled === undefined) throw new RangeError(`circuit ${task.circuit} was not sent`);
  return compiled;
}

/** Takes units from the back until none is left, or until another evaluation needs the core. */
function help(task: HelperTask): void {
  const compiled = circuitOf(task);
  const segment = elementAt(planSegments(compiled), 0);
  using shard = openBatchFile(task.path);
  const units = unitsOf(shard.header);
  const runner = createShardRunner(compiled, segment, shard);
  for (;;) {
    const unit = takeFromBack(task.work, task.cores);
    if (unit === undefined) return;
    runner.run(unitAt(unit, units), task.region);
    finishUnit(task.work);
  }
}

parentPort?.on('message', (task: HelperTask) => {
  let reply: HelperReply = { kind: 'left' };
  try {
    help(task);
  } catch (error) {
    stopWork(task.work);
    reply = { kind: 'failed', error: encodeError(error) };
  } finally {
    Atomics.sub(task.cores, 0, 1);
  }
  parentPort?.postMessage(reply);
});
