import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ownReadingSchema } from '@ciphernet/datasets';
import { InputError, digestSchema, parseJson, parseOrThrow, writeWhole } from '@ciphernet/foundation';
import { z } from 'zod';

/**
 * What the owner keeps about an encrypted dataset and no other party needs: where the labels are, which keys belong to
 * it, what encrypting it took. A file a manifest, beside the keys, never in the blob store.
 */
const schema = z
  .strictObject({
    version: z.literal(3),
    manifest: digestSchema,
    /** A name or the absolute path of a folder, as the datasets package takes it. */
    dataset: z.string().min(1),
    /** How own data is read; absent for a name or a folder of IDX files. */
    reading: ownReadingSchema.optional(),
    split: z.enum(['train', 'test']),
    images: z.number().int().positive(),
    /** SHA-256 of the targets of those examples: edited ones are noticed, not counted. */
    labels: digestSchema,
    /** Seed of the order in which examples, twins and zeros stand in the slots, 64 hex digits: secret. */
    arrangement: z.string().regex(/^[0-9a-f]{64}$/, 'is not 32 bytes of hex'),
    keys: z.string().min(1),
    encryptSeconds: z.number().nonnegative(),
    publicKeyBytes: z.number().int().nonnegative(),
    /** Manifest of the same examples under earlier keys, which this one takes the place of. */
    replaces: digestSchema.optional(),
  })
  .readonly();

/** A parsed record. */
export type DatasetRecord = z.infer<typeof schema>;

const pathOf = (folder: string, manifest: string): string => join(folder, `${manifest}.json`);

/** Writes a record, readable by its owner only. */
export async function writeDatasetRecord(folder: string, record: DatasetRecord): Promise<void> {
  await writeWhole(pathOf(folder, record.manifest), JSON.stringify(record), { mode: 0o600, folderMode: 0o700 });
}

/** @throws InputError when there is no record of that dataset here, or one of another version */
export async function readDatasetRecord(folder: string, manifest: string): Promise<DatasetRecord> {
  const path = pathOf(folder, manifest);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new InputError(`this data folder does not know dataset ${manifest.slice(0, 12)}…`, {
      where: path,
      hint: 'name one that was encrypted with it, or set CIPHERNET_DATA to the folder that the dataset was encrypted with',
    });
  }
  return parseOrThrow(schema, parseJson(text, path), path, 'encrypt the dataset again with this version');
}

/** All records of an owner. @throws InputError for one of another version */
export async function readDatasetRecords(folder: string): Promise<readonly DatasetRecord[]> {
  const names = await readdir(folder).catch(() => []);
  const manifests = names.flatMap((name) => /^([0-9a-f]{64})\.json$/.exec(name)?.[1] ?? []);
  return Promise.all(manifests.map((manifest) => readDatasetRecord(folder, manifest)));
}
