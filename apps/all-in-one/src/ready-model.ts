import { freemem } from 'node:os';
import { slotsFor } from '@ciphernet/arrangement';
import { type CkksParameters, slotsOf } from '@ciphernet/ckks';
import { type ProgressBoard, type Session, runTrainingJob } from '@ciphernet/command-line';
import { type Dataset, examplesOf, transformedShape } from '@ciphernet/datasets';
import { type EncryptionThreads, encryptionBytes, readEncryptionKey, startEncryptionThreads } from '@ciphernet/keyring';
import { type Model, assertTakesPixels, loadModel, openModelKey } from '@ciphernet/models';
import { sizeOf } from '@ciphernet/network';
import { ensureKeys, ringFor } from '@ciphernet/owner';
import { loadOwnerConfiguration, openOwnerIdentity } from '@ciphernet/owner-records';
import { type NamedDataset, newEvaluationId } from '@ciphernet/queue';
import type { RunOptions } from './commands/run.js';
import { expectedOfZoo, profileOf } from './curve-run.js';
import { type EncryptedDigest, encryptForModel } from './evaluation-steps.js';
import { preparationOf } from './preparation.js';
import type { Prepare } from './start-roles.js';

/** A model, and what was encrypted for it. */
export interface ReadyModel {
  readonly model: Model;
  readonly encrypted: EncryptedDigest;
}

async function modelOf({ blobs, configuration }: Session, digest: string): Promise<Model> {
  return loadModel(blobs, digest, await openModelKey(configuration));
}

/** Trains on the dataset's training split. */
async function train(session: Session, board: ProgressBoard, options: RunOptions, onBegun: () => void): Promise<Model> {
  const { model, epochs, seed } = options;
  const dataset = options.dataset as NamedDataset;
  const job = { run: newEvaluationId('train'), model, dataset, epochs, seed };
  const trained = await runTrainingJob(session, board, job, onBegun);
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

/** What is encrypted before there is a model, as far as can be said. */
function expectedRows(options: RunOptions, dataset: Dataset): { readonly count: number; readonly width: number } {
  const { transform } = expectedOfZoo(options.model);
  return { count: slotsFor(dataset.count), width: sizeOf(transformedShape(transform, dataset.shape)) };
}

/** Threads that the test split is encrypted on, with memory for what its parameters are expected to be. */
function startEncryption(options: RunOptions, dataset: Dataset): EncryptionThreads {
  const { cores } = loadOwnerConfiguration();
  if (ringFor(options) !== undefined) return startEncryptionThreads(cores);
  const expected = { parameters: expectedOf(options), mode: options.mode, encryptor: options.encryptor };
  const bytes = encryptionBytes(expected, expectedRows(options, dataset), cores);
  // Given now it is taken while the network trains, where it might still be wanted.
  return bytes > freemem() / 4 ? startEncryptionThreads(cores) : startEncryptionThreads(cores, bytes);
}

/**
 * Gives the model that the options name or have trained, and the test split encrypted for its plan.
 *
 * @param prepare loads what evaluating waits for otherwise; on the core that training leaves, where there is one
 */
export async function readyModel(
  session: Session,
  board: ProgressBoard,
  options: RunOptions,
  dataset: Dataset,
  prepare?: Prepare,
): Promise<ReadyModel> {
  const { trained } = options;
  const isAlone = loadOwnerConfiguration().cores < 2;
  const shards = Math.ceil(expectedRows(options, dataset).count / slotsOf(expectedOf(options)));
  await using preparation = preparationOf([
    async () => (isAlone ? undefined : prepare?.(shards)),
    () => (isAlone || trained !== undefined ? undefined : startEncryption(options, dataset)),
  ]);
  if (trained === undefined) await assertKeys(options);
  else preparation.begin();
  const model = await (trained === undefined
    ? train(session, board, options, preparation.begin)
    : modelOf(session, trained));
  assertTakesPixels(model);
  const data = { examples: examplesOf(dataset, model.record.transform), source: options.dataset };
  return { model, encrypted: await encryptForModel(session, board, options, data, model, preparation.take()) };
}
