import type { DatasetManifest } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { type CompiledCircuit, compiledToBytes, explainPlan } from '@ciphernet/compiler';
import type { Examples } from '@ciphernet/datasets';
import { IntegrityError, sha256Hex } from '@ciphernet/foundation';
import { type Model, compileForDataset, loadModel } from '@ciphernet/models';
import type { CollectJob } from '@ciphernet/queue';
import { type LogitError, logitError } from '@ciphernet/report';
import { ForgedResult } from './answers.js';
import type { ClearOutputs } from './in-clear.js';
import { type Answers, FEW_RESAMPLES, accuracyOf, agreementOf, decide, score } from './score.js';

/** What is known when the owner may hold the model as well: the plain model on the same images. */
export interface Comparison {
  readonly model: Model;
  readonly compiled: CompiledCircuit;
  /** Share of examples that the plain model classifies right. */
  readonly base: number | undefined;
  /** The same of the integer circuit in the clear. */
  readonly quantised: number | undefined;
  /** Share of examples on which the integer circuit and decryption decide the same. */
  readonly agreement: number | undefined;
  /** The same of the plain model and decryption. */
  readonly plainAgreement: number | undefined;
  /** Figures of the plain model. */
  readonly plainMetrics: Readonly<Record<string, number>> | undefined;
  /** Error of decrypted logits against the integer circuit's. */
  readonly precision: LogitError;
  /** The plan in words. */
  readonly explanation: string;
  readonly seconds: number;
  /** Whose arithmetic the plain model's is. */
  readonly runtime: string;
}

/**
 * Measured errors beyond so many times the plan's bound are no noise. The bound is six deviations of the worst slot, with gains
 * measured on public examples: those of a private example may be larger.
 */
const BOUND_SLACK = 4;

/** A model that the owner may hold, and what it compiles to here. */
export interface OwnModel {
  readonly model: Model;
  readonly compiled: CompiledCircuit;
  /** The circuit and its plan, as they are stored. */
  readonly bytes: Uint8Array;
}

/**
 * Compiles the model here.
 *
 * @param compiledDigest address of the circuit that the workers say they evaluated
 * @throws IntegrityError when it is another
 */
export async function compileModelOf(
  blobs: BlobStore,
  job: CollectJob,
  manifest: DatasetManifest,
  compiledDigest: string,
): Promise<OwnModel> {
  const model = await loadModel(blobs, job.model);
  const compiled = compileForDataset(model, manifest);
  const bytes = compiledToBytes(compiled);
  const digest = sha256Hex(bytes);
  if (digest === compiledDigest) return { model, compiled, bytes };
  throw new IntegrityError('the workers compiled the model otherwise than this collector does', {
    where: `compiled circuit ${compiledDigest.slice(0, 12)}, expected ${digest.slice(0, 12)}`,
    hint: 'run the same version of CipherNet everywhere and evaluate again',
  });
}

/**
 * Compares what decryption gave with what the plain model and its integer circuit give.
 *
 * @throws ForgedResult when a logit is not the circuit's within the plan's error; its reason alone where the data is out of range
 */
export function compareWithModel(options: {
  readonly model: Model;
  readonly compiled: CompiledCircuit;
  readonly inClear: ClearOutputs;
  readonly manifest: DatasetManifest;
  readonly examples: Examples;
  /** What decryption gave, examples × outputs. */
  readonly answers: Answers;
  /** What was decided by it. */
  readonly decisions: Int32Array | undefined;
  /** Which shard an example's answer came with. */
  readonly shardOf: (example: number) => number;
}): Comparison {
  const { model, compiled, inClear, manifest, examples, answers, decisions } = options;
  const { outputs: logits, task } = answers;
  const started = performance.now();
  const quantisedLogits = inClear.quantised;
  const base = { ...answers, outputs: inClear.plain };
  const baseDecisions = decide(base);
  const quantised = decide({ ...answers, outputs: quantisedLogits });
  const precision = logitError(logits, quantisedLogits);
  const { bound } = compiled.plan.predictedError;
  // Written so that NaN is refused.
  if (!(precision.largest <= BOUND_SLACK * bound)) {
    const reason = new IntegrityError(
      'a decrypted logit is not what the model gives: the result was not computed as agreed',
      {
        where: `largest error ${precision.largest.toPrecision(3)}, the plan's bound ${bound.toPrecision(3)}`,
        hint: 'evaluate again on other workers, and do not trust these',
      },
    );
    // Values beyond the bound wrap around the modulus, whoever computes: then the data is to blame, not a worker.
    const { slotBound = Infinity } = compiled.plan;
    if (!quantisedLogits.every((logit) => Math.abs(logit) <= slotBound)) throw reason;
    const shards = new Set<number>();
    logits.forEach((logit, i) => {
      const error = Math.abs(logit - (quantisedLogits[i] ?? NaN));
      if (!(error <= BOUND_SLACK * bound)) shards.add(options.shardOf(Math.floor(i / manifest.classes)));
    });
    throw new ForgedResult(reason, [...shards]);
  }
  return {
    model,
    compiled,
    base: accuracyOf(examples, baseDecisions),
    quantised: accuracyOf(examples, quantised),
    agreement: agreementOf(task, quantised, decisions),
    plainAgreement: agreementOf(task, baseDecisions, decisions),
    plainMetrics: score(examples, base, FEW_RESAMPLES)?.metrics,
    precision,
    explanation: explainPlan(compiled.plan, compiled.circuit),
    runtime: inClear.runtime,
    seconds: inClear.seconds + (performance.now() - started) / 1000,
  };
}
