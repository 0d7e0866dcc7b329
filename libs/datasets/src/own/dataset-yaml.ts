import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError, messageOf, parseOrThrow, readIfThere } from '@ciphernet/foundation';
import { z } from 'zod';
import { preprocessingSchema } from './preprocessing.js';

const names = z.union([z.string().transform((name) => [name]), z.array(z.string().max(200)).max(1024)]);
const table = preprocessingSchema.unwrap().options[0];

/** What a `dataset.yaml` beside the data says of it; everything may be left out, and is guessed then. */
const datasetYamlSchema = z.strictObject({
  /** Column or columns of the targets. */
  label: names.optional(),
  task: z.enum(['multiclass', 'binary', 'multilabel', 'regression']).optional(),
  /** Names of the classes, in the order of the model's outputs. */
  classes: z
    .array(z.union([z.string(), z.number()]).transform(String))
    .min(2)
    .max(256)
    .optional(),
  positive: z.union([z.string(), z.number()]).transform(String).optional(),
  ignore: names.optional(),
  slice: z.string().max(200).optional(),
  /** Features in their order, with their constants. */
  features: table.shape.features.optional(),
  images: z
    .strictObject({
      grey: z.boolean().optional(),
      resize: z.boolean().optional(),
      crop: z.boolean().optional(),
    })
    .optional(),
});

/** A parsed description; empty where there is no file. */
export type DatasetYaml = z.infer<typeof datasetYamlSchema>;

/** Largest description that is read. */
const MOST_CHARACTERS = 1_000_000;

/**
 * Reads `dataset.yaml` from the data's folder, or from inside of it where the data is a folder.
 *
 * @throws InputError for a file that says anything else than its schema
 */
export async function readDatasetYaml(path: string): Promise<DatasetYaml> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  const where = join(isFolder ? path : dirname(path), 'dataset.yaml');
  const text = await readIfThere(where);
  if (text === undefined) return {};
  if (text.length > MOST_CHARACTERS) throw new InputError('larger than a description is', { where });
  const { parse } = await import('yaml');
  let parsed: unknown;
  try {
    // Aliases could make of a few lines more than memory holds.
    parsed = parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw new InputError(`no YAML: ${messageOf(cause)}`, { where, cause });
  }
  return parseOrThrow(datasetYamlSchema, parsed ?? {}, where);
}

/** The form of `dataset.yaml` as JSON Schema, published as docs/dataset.schema.json. */
export function datasetYamlJsonSchema(): object {
  return z.toJSONSchema(datasetYamlSchema, { io: 'input' });
}
