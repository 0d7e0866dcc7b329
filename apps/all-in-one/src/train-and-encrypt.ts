import { type ProgressBoard, type Session, runTrainingJob } from '@ciphernet/command-line';
import { explainPlan } from '@ciphernet/compiler';
import { type Dataset, examplesOf } from '@ciphernet/datasets';
import { manifestFromBytes } from '@ciphernet/artifacts';
import { type Model, compileForDataset, loadModel, openModelKey } from '@ciphernet/models';
import { type NamedDataset, newEvaluationId } from '@ciphernet/queue';
import type { RunOptions } from './commands/run.js';
import { type EncryptedSplit, encryptTestSplit, expectedOfZoo } from './curve-run.js';
import { type EncryptedDigest, encryptForModel } from './evaluation-steps.js';

/** A model, and what was encrypted for it. */
export interface ReadyModel {
  readonly model: Model;
  readonly encrypted: EncryptedDigest;
}

async function modelOf({ blobs, configuration }: Session, digest: string): Promise<Model> {
  return loadModel(blobs, digest, await openModelKey(configuration));
}

/** Trains on the dataset's training split. */
async function train(session: Session, board: ProgressBoard, options: RunOptions): Promise<Model> {
  const { model, epochs, seed } = options;
  const dataset = options.dataset as NamedDataset;
  const trained = await runTrainingJob(session, board, { run: newEvaluationId('train'), model, dataset, epochs, seed });
  return modelOf(session, trained.model);
}

/** Whether nothing was asked for that the networks' profile does not have: then data can be encrypted before there is a model. */
function isOfProfile({ mode, ring, encryptor }: RunOptions): boolean {
  return mode === 'public' && ring === undefined && encryptor === 'simd';
}

/** Both at once: training keeps one core busy. */
async function trainAndEncrypt(
  session: Session,
  board: ProgressBoard,
  options: RunOptions,
  dataset: Dataset,
): Promise<{ readonly model: Model; readonly split: EncryptedSplit }> {
  const ended = new AbortController();
  const encryption = encryptTestSplit(session, board, expectedOfZoo(options.model), dataset, {
    signal: AbortSignal.any([session.signal, ended.signal]),
    threads: Math.max(1, session.configuration.cores - 1),
  });
  try {
    const [model, split] = await Promise.all([train(session, board, options), encryption]);
    return { model, split };
  } catch (error) {
    // Not left to write into a store that its process is done with.
    ended.abort(error);
    await encryption.catch(() => undefined);
    throw error;
  }
}

/** What the planner made of the model under the parameters that the data is encrypted under. */
async function explain({ blobs }: Session, model: Model, manifest: string): Promise<void> {
  const { plan, circuit } = compileForDataset(model, manifestFromBytes(await blobs.get(manifest), 'manifest'));
  process.stderr.write(`${explainPlan(plan, circuit)}\n`);
}

/** Gives the model that the options name or have trained, and the test split encrypted for it. */
export async function readyModel(
  session: Session,
  board: ProgressBoard,
  options: RunOptions,
  dataset: Dataset,
): Promise<ReadyModel> {
  if (options.trained === undefined && isOfProfile(options)) {
    const { model, split } = await trainAndEncrypt(session, board, options, dataset);
    if (options.explain) await explain(session, model, split.manifest);
    return { model, encrypted: { digest: split.manifest, shards: split.shards } };
  }
  const model =
    options.trained === undefined ? await train(session, board, options) : await modelOf(session, options.trained);
  const data = { examples: examplesOf(dataset, model.record.transform), source: options.dataset };
  return { model, encrypted: await encryptForModel(session, board, options, data, model) };
}
