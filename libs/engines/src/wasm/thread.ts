import { parentPort } from 'node:worker_threads';
import { type StoredBatch, hashFile, openStoredTiles } from '@ciphernet/artifacts';
import type { CompiledCircuit } from '@ciphernet/compiler';
import { type EncodedError, elementAt, encodeError } from '@ciphernet/foundation';
import type { CoreCounter } from './cores.js';
import { planSegments } from './segments.js';
import { type Region, createShardRunner, unitAt, unitsOf } from './units.js';
import { REMEMBERED_CIRCUITS, type Work, finishUnit, stopWork, takeFromBack } from './work.js';

/** One evaluation that a helper joins. */
export interface EvaluationTask {
  readonly kind: 'evaluate';
  /** Identifies the circuit among those of the thread that asks. */
  readonly circuit: number;
  /** The circuit itself, unless this helper has had it. */
  readonly compiled?: CompiledCircuit;
  /** The shard's file. */
  readonly stored: StoredBatch;
  readonly work: Work;
  readonly region: Region;
  readonly cores: CoreCounter;
}

/** What a helper is asked. */
export type HelperMessage = EvaluationTask | { readonly kind: 'hash'; readonly path: string };

/** What a helper answers when it has left an evaluation, or hashed a file. */
export type HelperReply =
  | { readonly kind: 'left' }
  | { readonly kind: 'hashed'; readonly digest: string }
  | { readonly kind: 'failed'; readonly error: EncodedError };

/** Circuits that were sent, the latest ones; their layouts live as long as they do. */
const circuits = new Map<number, CompiledCircuit>();

function circuitOf(task: EvaluationTask): CompiledCircuit {
  if (task.compiled !== undefined) {
    circuits.set(task.circuit, task.compiled);
    for (const oldest of circuits.keys()) if (circuits.size > REMEMBERED_CIRCUITS) circuits.delete(oldest);
  }
  const compiled = circuits.get(task.circuit);
  if (compiled === undefined) throw new RangeError(`circuit ${task.circuit} was not sent`);
  return compiled;
}

/** Takes units from the back until none is left, or until another evaluation needs the core. */
function help(task: EvaluationTask): void {
  const compiled = circuitOf(task);
  const segment = elementAt(planSegments(compiled), 0);
  using shard = openStoredTiles(task.stored);
  const units = unitsOf(shard.header);
  const runner = createShardRunner(compiled, segment, shard);
  for (;;) {
    const unit = takeFromBack(task.work, task.cores);
    if (unit === undefined) return;
    runner.run(unitAt(unit, units), task.region);
    finishUnit(task.work);
  }
}

function answer(message: HelperMessage): HelperReply {
  try {
    if (message.kind === 'hash') return { kind: 'hashed', digest: hashFile(message.path) };
    help(message);
    return { kind: 'left' };
  } catch (error) {
    if (message.kind === 'evaluate') stopWork(message.work);
    return { kind: 'failed', error: encodeError(error) };
  } finally {
    if (message.kind === 'evaluate') Atomics.sub(message.cores, 0, 1);
  }
}

parentPort?.on('message', (message: HelperMessage) => parentPort?.postMessage(answer(message)));
