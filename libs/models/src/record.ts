import { inputTransformSchema } from '@ciphernet/datasets';
import { digestSchema, parseJson, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';
import { calibrationSchema } from './calibration-schema.js';
import { type OwnModelRecord, ownRecordSchema } from './own/own-record.js';

const layersRecordSchema = z
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
    calibration: calibrationSchema,
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

/** A network of layers that reads images: standard artifact, input transform, calibration, where it came from. */
export type LayersRecord = z.infer<typeof layersRecordSchema>;

const recordSchema = z
  .discriminatedUnion('version', [layersRecordSchema.unwrap(), ownRecordSchema.unwrap()])
  .readonly();

/** A model in the blob store. */
export type ModelRecord = LayersRecord | OwnModelRecord;

/** The bytes whose digest is the model's address. */
export function recordToBytes(record: ModelRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record));
}

/** @throws InputError for what is no model record of this version */
export function recordFromBytes(bytes: Uint8Array, where: string): ModelRecord {
  const hint = 'not a model, or one of another version: train or import it again';
  return parseOrThrow<ModelRecord>(recordSchema, parseJson(new TextDecoder().decode(bytes), where), where, hint);
}

/** How a network of the zoo was trained; of models that came in a file nobody knows. */
export function trainingOf(record: ModelRecord): LayersRecord['training'] {
  return record.version === 2 ? record.training : undefined;
}
