import { type EncryptionMode, type Profile, profileNamed } from '@ciphernet/ckks';
import { type ProgressBoard, type Session, runTrainingJob } from '@ciphernet/command-line';
import { type Dataset, type InputTransform, examplesOf, transformFor } from '@ciphernet/datasets';
import { messageOf } from '@ciphernet/foundation';
import { awaitOutcome, encryptWithProgress, ensureKeys } from '@ciphernet/owner';
import { allow, keepAsked, loadOwnerConfiguration } from '@ciphernet/owner-records';
import {
  type ConvertJob,
  type NamedDataset,
  type TrainJob,
  checkpointEvaluationId,
  enqueueEvaluation,
  newEvaluationId,
} from '@ciphernet/queue';
import { type Curve, curvePoint } from '@ciphernet/report';
import { modelSpec } from '@ciphernet/training';
import { preprocessingOfNamed, runConversion } from '@ciphernet/worker';

/** A test split that was encrypted before there is a model. */
export interface EncryptedSplit {
  readonly manifest: string;
  readonly shards: number;
  readonly images: number;
}

/** What has to be known of a network before its test split is encrypted. */
export interface ExpectedNetwork {
  /** One after the other. */
  readonly squares: number;
  readonly transform: InputTransform;
}

/** What is expected of a network of the zoo. */
export function expectedOfZoo(model: string): ExpectedNetwork {
  const { layers, transform } = modelSpec(model);
  return { squares: layers.filter((layer) => layer.kind === 'square').length, transform };
}

/** A converted network squares twice at most, and reads images as its original does. */
export async function expectedOfConverted({ shape }: Dataset): Promise<ExpectedNetwork> {
  return { squares: 2, transform: transformFor(await preprocessingOfNamed(shape)) };
}

/** A training run whose checkpoints are evaluated encrypted. */
export interface CurveRequest {
  readonly dataset: NamedDataset;
  readonly model: string;
  readonly epochs: number;
  readonly seed: number;
  readonly engine: string;
  /** Evaluate every epoch's checkpoint while training goes on, or only the chosen one afterwards. */
  readonly everyEpoch: boolean;
}

/** Parameters and scale that data is encrypted under before there is a model: by the network's depth and the key. */
export function profileOf({ squares }: ExpectedNetwork, mode: EncryptionMode): Profile {
  return profileNamed(squares === 1 ? 'one-square' : 'two-squares', undefined, mode);
}

/** Encrypts the test split under the network's profile. */
export async function encryptTestSplit(
  { blobs, signal }: Session,
  board: ProgressBoard,
  expected: ExpectedNetwork,
  dataset: Dataset,
  mode: EncryptionMode,
): Promise<EncryptedSplit> {
  const owner = loadOwnerConfiguration();
  const profile = profileOf(expected, mode);
  const keys = await ensureKeys(owner, profile.parameters);
  const examples = examplesOf(dataset, expected.transform);
  const request = { ...profile, examples, source: dataset.name, mode };
  const { digest, manifest } = await encryptWithProgress(request, keys, { owner, blobs, signal, board });
  return { manifest: digest, shards: manifest.shards.length, images: dataset.count };
}

/** Waits for the evaluation of each of `epochs`; one that failed is named in the curve and holds nothing up. */
async function collectPoints(
  session: Session,
  board: ProgressBoard,
  run: string,
  epochs: readonly number[],
  shards: number,
): Promise<Pick<Curve, 'points' | 'missing'>> {
  const { backend, signal } = session;
  const { reportsFolder } = loadOwnerConfiguration();
  const points: Curve['points'] = [];
  const missing: Curve['missing'] = [];
  const progress = board.start('evaluate', 'epochs');
  for (const [index, epoch] of epochs.entries()) {
    const evaluation = checkpointEvaluationId(run, epoch);
    try {
      const { report } = await awaitOutcome(evaluation, shards, { backend, reportsFolder, signal }, () => undefined);
      points.push(curvePoint(epoch, report));
    } catch (error) {
      signal.throwIfAborted();
      missing.push({ epoch, reason: messageOf(error).slice(0, 300) });
    }
    progress.update(index + 1, epochs.length);
  }
  progress.finish(`${points.length} of ${epochs.length} epochs`);
  return { points, missing };
}

/** What evaluates a checkpoint; checkpoints have no digest yet: the run's id, which is the owner's to give, stands for them. */
async function checkpointEvaluation(
  run: string,
  engine: string,
  { manifest, shards }: EncryptedSplit,
): Promise<NonNullable<TrainJob['evaluate']>> {
  const owner = loadOwnerConfiguration();
  await allow(owner, manifest, { runs: [run] });
  // Checkpoints under a key are its workers' to read: there is nothing to compare with.
  const asked = { manifest, compare: owner.modelKeyFile === undefined, audit: true };
  await keepAsked(owner, run, asked);
  return { ...asked, shards, engine };
}

const epochsTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

/** The curve of a run whose epochs were evaluated. */
function curveOf(
  about: Pick<Curve, 'run' | 'dataset' | 'model' | 'images'>,
  trained: { readonly seconds: number; readonly epoch: number },
  collected: Pick<Curve, 'points' | 'missing'>,
): Curve {
  return {
    format: 'ciphernet-curve',
    version: 1,
    ...about,
    trainSeconds: trained.seconds,
    chosenEpoch: trained.epoch,
    ...collected,
  };
}

/** Converts a network, and evaluates each epoch's on the encrypted test split while training goes on. */
export async function runConversionCurve(
  session: Session,
  board: ProgressBoard,
  { job, dataset, engine }: { readonly job: ConvertJob; readonly dataset: string; readonly engine: string },
  encrypted: EncryptedSplit,
): Promise<Curve> {
  const { run, name: model } = job;
  const evaluate = await checkpointEvaluation(run, engine, encrypted);
  const converted = await runConversion(session, board, { ...job, evaluate });
  const { shards, images } = encrypted;
  const collected = await collectPoints(session, board, run, epochsTo(converted.epochs), shards);
  return curveOf({ run, dataset, model, images }, converted, collected);
}

/** Trains, and evaluates checkpoints on the encrypted test split. */
export async function runCurve(
  session: Session,
  board: ProgressBoard,
  request: CurveRequest,
  encrypted: EncryptedSplit,
): Promise<Curve> {
  const { dataset, model, epochs, seed, engine } = request;
  const { shards, images } = encrypted;
  const run = newEvaluationId('train');
  const evaluate = await checkpointEvaluation(run, engine, encrypted);
  const base = { run, model, dataset, epochs, seed };
  const trained = await runTrainingJob(session, board, request.everyEpoch ? { ...base, evaluate } : base);
  let evaluated = epochsTo(epochs);
  if (!request.everyEpoch) {
    evaluated = [trained.epoch];
    const evaluation = checkpointEvaluationId(run, trained.epoch);
    await enqueueEvaluation(session.backend.flows(), evaluation, { ...evaluate, model: trained.model });
  }
  const collected = await collectPoints(session, board, run, evaluated, shards);
  return curveOf({ run, dataset, model, images }, trained, collected);
}
