import { digestSchema, parseOrThrow } from '@ciphernet/foundation';
import { z } from 'zod';
import { checkpointEvaluationSchema, jobIdSchema, plainNameSchema, seedSchema } from './jobs.js';

/** Name of conversion jobs, which are in the queue of training: they take a core, or the GPU, for as long. */
export const CONVERSION = 'convert';

const convertSchema = z
  .strictObject({
    run: jobIdSchema,
    /** What the converted network is called. */
    name: plainNameSchema,
    /** The original's file first, then what lies beside it. */
    original: z
      .array(z.strictObject({ name: z.string().max(200), digest: digestSchema }).readonly())
      .min(1)
      .max(64)
      .readonly(),
    /** Compute never trains on a path from a job: on a named public dataset, or on examples that the model's owner stored. */
    data: z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('named'),
        dataset: z.enum(['mnist', 'fashion-mnist']),
        /** Only so many of the training split. */
        most: z.number().int().min(10).max(1_000_000).optional(),
      }),
      z.strictObject({ kind: z.literal('stored'), examples: digestSchema }),
    ]),
    /** Nodes of the original whose activations become squares; without it they are found by trial. */
    squares: z.array(z.string().min(1).max(300)).min(1).max(2).readonly().optional(),
    /** As many as the examples need, where nobody says. */
    epochs: z.number().int().min(1).max(200).optional(),
    seed: seedSchema,
    evaluate: checkpointEvaluationSchema.optional(),
  })
  .readonly();
/** Convert a network with activations that are no polynomials into one that can be evaluated encrypted. */
export type ConvertJob = z.infer<typeof convertSchema>;

const convertedSchema = z
  .strictObject({
    /** The converted network, of the epoch with the best figure on validation data. */
    model: digestSchema,
    /** What it cost, as JSON. */
    report: digestSchema,
    /** 0 is the network before training. */
    epoch: z.number().int().nonnegative(),
    epochs: z.number().int().positive(),
    seconds: z.number().nonnegative(),
    backend: z.string().max(40),
  })
  .readonly();
/** What a conversion job returns. */
export type ConvertedResult = z.infer<typeof convertedSchema>;

/** @throws InputError naming the field that is wrong */
export const parseConvertJob = (data: unknown): ConvertJob => parseOrThrow(convertSchema, data, 'conversion job');
/** @throws InputError naming the field that is wrong */
export const parseConverted = (value: unknown): ConvertedResult =>
  parseOrThrow(convertedSchema, value, 'conversion result');
