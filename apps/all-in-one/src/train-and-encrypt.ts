import { type ProgressBoard, type Session, runTrainingJob } from '@ciphernet/command-line';
import { type CompiledCircuit, explainPlan } from '@ciphernet/compiler';
import { type Dataset, examplesOf } from '@ciphernet/datasets';
import { manifestFromBytes } from '@ciphernet/artifacts';
import { UnsupportedError } from '@ciphernet/foundation';
import { readEncryptionKey } from '@ciphernet/keyring';
import { type Model, compileForDataset, ensureCompiled, loadModel, openModelKey } from '@ciphernet/models';
import { ensureKeys } from '@ciphernet/owner';
import { loadOwnerConfiguration, openOwnerIdentity } from '@ciphernet/owner-records';
import { type NamedDataset, newEvaluationId } from '@ciphernet/queue';
import { openWorkerTrust } from '@ciphernet/worker';
import type { RunOptions } from './commands/run.js';
import { type EncryptedSplit, encryptTestSplit, expectedOfZoo, profileOf } from './curve-run.js';
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
function isOfProfile({ ring, encryptor }: RunOptions): boolean {
  return ring === undefined && encryptor === 'simd';
}

/** Both at once: training keeps one core busy. */
async function trainAndEncrypt(
  session: Session,
  board: ProgressBoard,
  options: RunOptions,
  dataset: Dataset,
): Promise<{ readonly model: Model; readonly split: EncryptedSplit }> {
  const expected = expectedOfZoo(options.model);
  // A wrong passphrase, or a key that cannot be used, is told before minutes of training, which nobody would be waiting for any more.
  const owner = loadOwnerConfiguration();
  await openOwnerIdentity(owner);
  const { parameters } = profileOf(expected);
  const keys = await ensureKeys(owner, parameters);
  const key = await readEncryptionKey(keys, { mode: options.mode, parameters, passphrase: owner.passphrase });
  key.bytes.fill(0);
  const ended = new AbortController();
  const encryption = encryptTestSplit(session, board, expected, dataset, {
    mode: options.mode,
    signal: AbortSignal.any([session.signal, ended.signal]),
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

const verifiable = (compiled: CompiledCircuit): CompiledCircuit | undefined =>
  compiled.plan.slotBound === undefined ? undefined : compiled;

/**
 * The model's circuit under the parameters that the data is encrypted under; undefined where it has no verifiable plan under them. Workers of
 * this process find it in the store then.
 */
async function circuitFor(
  { blobs, configuration }: Session,
  { remote }: RunOptions,
  model: Model,
  address: string,
): Promise<CompiledCircuit | undefined> {
  const manifest = manifestFromBytes(await blobs.get(address), `dataset ${address.slice(0, 12)}`);
  try {
    if (remote) return verifiable(compileForDataset(model, manifest));
    const [trust, key] = [await openWorkerTrust(configuration), await openModelKey(configuration)];
    return verifiable((await ensureCompiled(blobs, model.digest, manifest, trust, key)).compiled);
  } catch (error) {
    if (error instanceof UnsupportedError) return undefined;
    throw error;
  }
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
    const compiled = await circuitFor(session, options, model, split.manifest);
    if (compiled !== undefined) {
      if (options.explain) process.stderr.write(`${explainPlan(compiled.plan, compiled.circuit)}\n`);
      return { model, encrypted: { digest: split.manifest, shards: split.shards } };
    }
    process.stderr.write('the model has no plan under the parameters of its kind: encrypting once more, for its own\n');
    return encryptedFor(session, board, options, dataset, model);
  }
  const trained = options.trained;
  const model = await (trained === undefined ? train(session, board, options) : modelOf(session, trained));
  return encryptedFor(session, board, options, dataset, model);
}

/** Encrypts for the plan of a model that is there. */
async function encryptedFor(
  session: Session,
  board: ProgressBoard,
  options: RunOptions,
  dataset: Dataset,
  model: Model,
): Promise<ReadyModel> {
  const data = { examples: examplesOf(dataset, model.record.transform), source: options.dataset };
  return { model, encrypted: await encryptForModel(session, board, options, data, model) };
}
