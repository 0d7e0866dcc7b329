import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DatasetManifest } from '@ciphernet/artifacts';
import { type CompiledCircuit, createEvaluator, dequantise } from '@ciphernet/compiler';
import type { Examples } from '@ciphernet/datasets';
import type { PlainModel } from '@ciphernet/models';
import type { DatasetRecord } from '@ciphernet/owner-records';

/** What the plain model and its integer circuit give the examples; nothing of it depends on a decryption. */
export interface ClearOutputs {
  /** Examples × outputs. */
  readonly plain: Float64Array<ArrayBuffer>;
  /** The same of the integer circuit. */
  readonly quantised: Float64Array<ArrayBuffer>;
  readonly seconds: number;
  /** Whose arithmetic the plain model's is, which is known once it has run. */
  readonly runtime: string;
}

/** What is evaluated in the clear, so that another thread finds it by itself. */
export interface ClearTask {
  /** Address of the model. */
  readonly model: string;
  readonly record: DatasetRecord;
  readonly manifest: DatasetManifest;
}

/** Is told how far it is. */
export type OnClearProgress = (done: number, total: number) => void;

/** An evaluation on another thread. What it throws may be ThreadEnded: the thread did not answer. */
export interface ClearEvaluation {
  /** Resolves when model and examples are there: the store is asked for nothing more. @throws what loading throws */
  readonly loaded: Promise<void>;
  /** Evaluates once it is loaded. @param compiled what the model compiles to, as bytes: each thread has its own */
  readonly evaluate: (compiled: Uint8Array, onProgress: OnClearProgress) => Promise<ClearOutputs>;
}

/** Begins one: loads model and examples. */
export type EvaluateElsewhere = (task: ClearTask) => ClearEvaluation;

/** The other thread ended: what it was asked for can be done here. */
export class ThreadEnded extends Error {}

/** Examples at a time: keeps the event loop alive. */
const CHUNK = 500;

/** Evaluates the plain model and its integer circuit on the examples, on this thread. */
export async function evaluateInClear(
  { plain: model, compiled }: { readonly plain: PlainModel; readonly compiled: CompiledCircuit },
  { features, count }: Pick<Examples, 'features' | 'count'>,
  outputs: number,
  onProgress: OnClearProgress,
): Promise<ClearOutputs> {
  const started = performance.now();
  const evaluate = createEvaluator(dequantise(compiled.circuit));
  const plain = new Float64Array(count * outputs);
  const quantised = new Float64Array(count * outputs);
  try {
    for (let from = 0; from < count; from += CHUNK) {
      const to = Math.min(count, from + CHUNK);
      const part = await features.read(from, to);
      plain.set(await model.evaluate(part), from * outputs);
      quantised.set(evaluate(part), from * outputs);
      onProgress(to, count);
      await nextTurn();
    }
  } finally {
    await model.close?.();
  }
  return { plain, quantised, seconds: (performance.now() - started) / 1000, runtime: model.runtime };
}
