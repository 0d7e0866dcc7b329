import { inputTransformSchema, preprocessingSchema } from '@ciphernet/datasets';
import { digestSchema } from '@ciphernet/foundation';
import { z } from 'zod';
import { calibrationSchema } from '../calibration-schema.js';

const className = z.string().max(200);

/** A part of a model's file: its name where it has one beside the file, and its bytes. */
const partSchema = z.strictObject({ name: z.string().max(200), digest: digestSchema });

/**
 * A model that came in a file of its own, version 3. Of calibration data it keeps ranges and covariances, no example: workers
 * read it.
 */
export const ownRecordSchema = z
  .strictObject({
    format: z.literal('ciphernet-model'),
    version: z.literal(3),
    name: z.string().min(1).max(100),
    transform: inputTransformSchema,
    /** What is done to data before it is encrypted for this model. */
    preprocessing: preprocessingSchema,
    source: z.strictObject({
      kind: z.enum(['onnx', 'layers']),
      /** The file first, then what lies beside it. */
      parts: z.array(partSchema).min(1).max(64).readonly(),
    }),
    /** Digest of the file that it was converted from, as its own file says; of a network that is its author's there is none. */
    convertedFrom: digestSchema.optional(),
    /** Statistics that weights are rounded by. */
    basis: digestSchema,
    calibration: calibrationSchema,
    answers: z.strictObject({
      link: z.enum(['softmax', 'sigmoid', 'identity', 'score']),
      outputs: z.number().int().min(1).max(256),
      task: z.enum(['classification', 'regression']).optional(),
      classes: z.array(className).min(2).max(256).readonly().optional(),
      notes: z.array(z.string().max(500)).max(64).readonly(),
    }),
  })
  .readonly();

/** A parsed record of an own model. */
export type OwnModelRecord = z.infer<typeof ownRecordSchema>;
