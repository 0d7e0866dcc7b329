import { slotsFor } from '@ciphernet/arrangement';
import type { CkksParameters } from '@ciphernet/ckks';
import { type ProgressBoard, type Session, runTrainingJob } from '@ciphernet/command-line';
import { type Dataset, examplesOf, transformedShape } from '@ciphernet/datasets';
import { type EncryptionThreads, encryptionBytes, readEncryptionKey, startEncryptionThreads } from '@ciphernet/keyring';
import { type Model, loadModel, openModelKey } from '@ciphernet/models';
import { sizeOf } from '@ciphernet/network';
import { ensureKeys, ringFor } from '@ciphernet/owner';
import { loadOwnerConfiguration, openOwnerIdentity } from '@ciphernet/owner-records';
import { type NamedDataset, newEvaluationId } from '@ciphernet/queue';
import type { RunOptions } from './commands/run.js';
import { expectedOfZoo, profileOf } from './curve-run.js';
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

/** What is nearly always encrypted under before there is a plan: the parameters of the model's kind. */
function expectedOf({ model, mode }: RunOptions): CkksParameters {
  return profileOf(expectedOfZoo(model), mode).parameters;
}

/**
 * Tells a wrong passphrase, or a key that cannot be used, before minutes of training. The plan of the trained model decides about its
 * parameters; here they are those of its kind.
 */
async function assertKeys(options: RunOptions): Promise<void> {
  const owner = loadOwnerConfiguration();
  await openOwnerIdentity(owner);
  if (ringFor(options) !== undefined) return;
  const parameters = expectedOf(options);
  const keys = await ensureKeys(owner, parameters);
  const key = await readEncryptionKey(keys, { mode: options.mode, parameters, passphrase: owner.passphrase });
  key.bytes.fill(0);
}

/** Starts what the test split is encrypted with while one core trains: threads, and memory for what its parameters are expected to be. */
function startEncryption(options: RunOptions, dataset: Dataset): EncryptionThreads {
  const { cores } = loadOwnerConfiguration();
  const { transform } = expectedOfZoo(options.model);
  const rows = { count: slotsFor(dataset.count), width: sizeOf(transformedShape(transform, dataset.shape)) };
  const expected = { parameters: expectedOf(options), mode: options.mode, encryptor: options.encryptor };
  return startEncryptionThreads(cores, encryptionBytes(expected, rows, cores));
}

/** Gives the model that the options name or have trained, and the test split encrypted for its plan. */
export async function readyModel(
  session: Session,
  board: ProgressBoard,
  options: RunOptions,
  dataset: Dataset,
): Promise<ReadyModel> {
  const { trained } = options;
  if (trained === undefined) await assertKeys(options);
  await using ahead = trained === undefined ? startEncryption(options, dataset) : undefined;
  const model = await (trained === undefined ? train(session, board, options) : modelOf(session, trained));
  const data = { examples: examplesOf(dataset, model.record.transform), source: options.dataset };
  return { model, encrypted: await encryptForModel(session, board, options, data, model, ahead) };
}
