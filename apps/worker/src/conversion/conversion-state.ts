import type { WorkerTrust } from '@ciphernet/attestation';
import type { BlobStore } from '@ciphernet/blobs';
import { digestSchema } from '@ciphernet/foundation';
import { z } from 'zod';
import { progressFamily } from '../signed-progress.js';

const stateSchema = z.strictObject({
  version: z.literal(1),
  /** Structures that were tried so far. */
  tried: z
    .array(
      z.strictObject({ name: z.string().max(1000), validationLoss: z.number(), steps: z.number().int().positive() }),
    )
    .max(64),
  /** The structure that was taken: the best that can be evaluated encrypted. */
  chosen: z.string().max(1000).optional(),
  seconds: z.number().nonnegative(),
  /** Optimizer state after the last epoch; absent before the first. */
  checkpoint: digestSchema.optional(),
  /** Networks after each epoch, 0 before training: their ONNX files, and how they stand on validation data in real numbers. */
  networks: z
    .array(
      z.strictObject({
        epoch: z.number().int().nonnegative(),
        file: digestSchema,
        /** In the store, where each epoch is evaluated. */
        model: digestSchema.optional(),
        /** The larger the better, then the smaller loss. */
        figure: z.number(),
        loss: z.number(),
      }),
    )
    .max(1000),
});

/** What a conversion has done so far; kept under its name, so that a killed job goes on where it was. */
export type ConversionState = z.infer<typeof stateSchema>;

const CONVERSIONS = progressFamily('conversion', stateSchema);

/** A conversion that has done nothing yet. */
const FRESH: ConversionState = { version: 1, tried: [], seconds: 0, networks: [] };

export async function readConversionState(blobs: BlobStore, run: string, trust: WorkerTrust): Promise<ConversionState> {
  return (await CONVERSIONS.get(blobs, run, trust)) ?? FRESH;
}

/** Replaces a run's state. */
export async function writeConversionState(
  blobs: BlobStore,
  run: string,
  state: ConversionState,
  trust: WorkerTrust,
): Promise<void> {
  await CONVERSIONS.set(blobs, run, state, trust);
}

/** How a network stands on validation data. */
export interface Standing {
  readonly epoch: number;
  readonly figure: number;
  readonly loss: number;
}

/**
 * One standard error of a share that was counted on so many examples (by Laplace's rule of succession, so that it is not 0 where all are
 * right): shares that are nearer than that are not told apart by these examples.
 */
export function standardError(share: number, count: number): number {
  const estimate = (share * count + 1) / (count + 2);
  return Math.sqrt((estimate * (1 - estimate)) / count);
}

/**
 * Best first: of those whose figure is within `margin` of the largest the one with the least loss, then the others by their
 * figures; of equals the later one. A loss is made of all scores, a figure of the few that are near the threshold (the rule of one
 * standard error: Breiman et al., Classification and Regression Trees, 1984, section 3.4.3).
 */
export function ranked<T extends Standing>(networks: readonly T[], margin: number): T[] {
  const largest = Math.max(...networks.map(({ figure }) => figure));
  const level = ({ figure }: T): number => (figure >= largest - margin ? largest : figure);
  return [...networks].sort((a, b) => level(b) - level(a) || a.loss - b.loss || b.epoch - a.epoch);
}
