import { inputTransformSchema } from '@ciphernet/datasets';
import { digestSchema, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';

/** Ranges, gains and covariances settle with a few hundred examples; gains cost a backward pass each. */
export const CALIBRATION_EXAMPLES = 1000;

const recordSchema = z
  .strictObject({
    format: z.literal('ciphernet-model'),
    version: z.literal(2),
    name: z.string().min(1).max(100),
    transform: inputTransformSchema,
    /** model.json of the standard TensorFlow.js artifact. */
    topology: digestSchema,
    /** Its weights.bin. */
    weights: digestSchema,
    /** Public training images, a byte a pixel: what ranges are measured and weights are rounded by. */
    examples: z
      .strictObject({
        images: digestSchema,
        height: z.number().int().min(1).max(1000),
        width: z.number().int().min(1).max(1000),
        /** Absent in records of grey images from before colour. */
        channels: z.number().int().min(1).max(16).default(1),
      })
      .readonly(),
    /** Measured on the examples; the planner works from it. */
    calibration: z
      .strictObject({
        maxAbs: z.array(z.number().nonnegative()).min(1).max(8).readonly(),
        gains: z.array(z.number().nonnegative()).min(2).max(9).readonly(),
        meanGains: z.array(z.number().nonnegative()).min(2).max(9).readonly(),
        examples: z.number().int().min(1).max(CALIBRATION_EXAMPLES),
      })
      .readonly(),
    training: z
      .strictObject({
        dataset: z.string().max(100),
        epochs: z.number().int().positive(),
        epoch: z.number().int().positive(),
        seed: z.number().int(),
        backend: z.string().max(100),
        seconds: z.number().nonnegative(),
        examples: z.number().int().positive(),
        /** Accuracy on the part of the training split that was held out; what checkpoints are chosen by. */
        validationAccuracy: z.number().min(0).max(1),
      })
      .readonly()
      .optional(),
  })
  .readonly();

/** A model in the blob store: standard artifact, input transform, calibration, where it came from. */
export type ModelRecord = z.infer<typeof recordSchema>;

/** The bytes whose digest is the model's address. */
export function recordToBytes(record: ModelRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record));
}

/** @throws InputError for what is no model record of this version */
export function recordFromBytes(bytes: Uint8Array, where: string): ModelRecord {
  const hint = 'not a model, or one of another version: train or import it again';
  return parseOrThrow(recordSchema, parseJson(new TextDecoder().decode(bytes), where), where, hint);
}
