import type { BlobStore } from '@ciphernet/blobs';
import { parseJson, parseOrThrow } from '@ciphernet/errors';
import { type Checkpoint, decodeCheckpoint } from '@ciphernet/training';
import { z } from 'zod';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const stateSchema = z.strictObject({
  version: z.literal(2),
  /** Optimizer state after the last epoch. */
  checkpoint: digest,
  seconds: z.number().nonnegative(),
  models: z
    .array(z.strictObject({ epoch: z.number().int().positive(), model: digest, validationAccuracy: z.number() }))
    .min(1)
    .max(1000),
});

/** What a training run has done so far; kept under its name, so that a killed job goes on where it was. */
export type TrainingState = z.infer<typeof stateSchema>;

const refOf = (run: string): string => `training/${run}`;

export async function readTrainingState(
  blobs: BlobStore,
  run: string,
): Promise<{ readonly state: TrainingState; readonly checkpoint: Checkpoint } | undefined> {
  const text = await blobs.getRef(refOf(run));
  if (text === undefined) return undefined;
  const state = parseOrThrow(stateSchema, parseJson(text, refOf(run)), refOf(run));
  return { state, checkpoint: decodeCheckpoint(await blobs.get(state.checkpoint), refOf(run)) };
}

export async function writeTrainingState(blobs: BlobStore, run: string, state: TrainingState): Promise<void> {
  await blobs.setRef(refOf(run), JSON.stringify(state));
}
