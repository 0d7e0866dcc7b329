import type { WorkerTrust } from '@ciphernet/attestation';
import type { BlobStore } from '@ciphernet/blobs';
import { digestSchema } from '@ciphernet/foundation';
import { type Checkpoint, decodeCheckpoint } from '@ciphernet/training';
import { z } from 'zod';
import { progressFamily } from './signed-progress.js';

const stateSchema = z.strictObject({
  version: z.literal(2),
  /** Optimizer state after the last epoch. */
  checkpoint: digestSchema,
  seconds: z.number().nonnegative(),
  models: z
    .array(z.strictObject({ epoch: z.number().int().positive(), model: digestSchema, validationAccuracy: z.number() }))
    .min(1)
    .max(1000),
});

/** What a training run has done so far; kept under its name, so that a killed job goes on where it was. */
export type TrainingState = z.infer<typeof stateSchema>;

const TRAINING = progressFamily('training', stateSchema);

/** State and checkpoint of a run; undefined for one that has not finished an epoch on a worker that is accepted. */
export async function readTrainingState(
  blobs: BlobStore,
  run: string,
  trust: WorkerTrust,
): Promise<{ readonly state: TrainingState; readonly checkpoint: Checkpoint } | undefined> {
  const state = await TRAINING.get(blobs, run, trust);
  if (state === undefined) return undefined;
  return { state, checkpoint: decodeCheckpoint(await blobs.get(state.checkpoint), `training ${run}`) };
}

/** Replaces a run's state. */
export async function writeTrainingState(
  blobs: BlobStore,
  run: string,
  state: TrainingState,
  trust: WorkerTrust,
): Promise<void> {
  await TRAINING.set(blobs, run, state, trust);
}
