import { type BlobStore, refFamily } from '@ciphernet/blobs';
import { digestSchema } from '@ciphernet/foundation';
import { z } from 'zod';

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

const CONVERSIONS = refFamily('conversion', stateSchema);

/** A conversion that has done nothing yet. */
const FRESH: ConversionState = { version: 1, tried: [], seconds: 0, networks: [] };

export async function readConversionState(blobs: BlobStore, run: string): Promise<ConversionState> {
  return (await CONVERSIONS.get(blobs, run)) ?? FRESH;
}

/** Replaces a run's state. */
export async function writeConversionState(blobs: BlobStore, run: string, state: ConversionState): Promise<void> {
  await CONVERSIONS.set(blobs, run, state);
}

/** How a network stands on validation data. */
export interface Standing {
  readonly epoch: number;
  readonly figure: number;
  readonly loss: number;
}

/** Best first; of equals the later one. */
export function ranked<T extends Standing>(networks: readonly T[]): T[] {
  return [...networks].sort((a, b) => b.figure - a.figure || a.loss - b.loss || b.epoch - a.epoch);
}
