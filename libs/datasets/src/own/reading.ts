import { z } from 'zod';
import { taskSchema } from '../task.js';
import { preprocessingSchema } from './preprocessing.js';

/** Kinds of files that own data comes in. */
export const OWN_FORMATS = ['csv', 'tsv', 'parquet', 'npy', 'npz', 'images'] as const;

/** One of {@link OWN_FORMATS}. */
export type OwnFormat = (typeof OWN_FORMATS)[number];

const column = z.string().min(1).max(200);

/**
 * Everything that reading own data again has to know: the same file and the same reading give the same examples. The owner's
 * records keep it; of it only the preprocessing is public.
 */
export const ownReadingSchema = z
  .strictObject({
    format: z.enum(OWN_FORMATS),
    preprocessing: preprocessingSchema,
    task: taskSchema,
    /** Columns of the targets; none where nobody knows them. */
    label: z.array(column).max(256).readonly(),
    /** Names of the classes as they stand in the label column; the place of a name is its class. */
    classes: z.array(z.string().max(200)).min(2).max(256).readonly().optional(),
    /** Column whose values part the examples. */
    slice: column.optional(),
  })
  .readonly();

/** A parsed reading. */
export type OwnReading = z.infer<typeof ownReadingSchema>;
