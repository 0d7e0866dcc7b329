import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, parseJson, parseOrThrow } from '@ciphernet/errors';
import { z } from 'zod';

/**
 * What the owner keeps about an encrypted dataset and nobody else needs: where the labels are, which keys belong to
 * it, what encrypting it took. A file a manifest, beside the keys, never in the blob store.
 */
const schema = z
  .strictObject({
    version: z.literal(1),
    manifest: z.string().regex(/^[0-9a-f]{64}$/),
    /** A name or the absolute path of a folder, as the datasets package takes it. */
    dataset: z.string().min(1),
    split: z.enum(['train', 'test']),
    images: z.number().int().positive(),
    keys: z.string().min(1),
    encryptSeconds: z.number().nonnegative(),
    publicKeyBytes: z.number().int().nonnegative(),
  })
  .readonly();

export type DatasetRecord = z.infer<typeof schema>;

const pathOf = (folder: string, manifest: string): string => join(folder, `${manifest}.json`);

export async function writeDatasetRecord(folder: string, record: DatasetRecord): Promise<void> {
  const path = pathOf(folder, record.manifest);
  const partial = `${path}.${randomUUID()}.partial`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(partial, JSON.stringify(record), { mode: 0o600 });
  await rename(partial, path);
}

export async function readDatasetRecord(folder: string, manifest: string): Promise<DatasetRecord> {
  const path = pathOf(folder, manifest);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new InputError(`this collector does not know dataset ${manifest.slice(0, 12)}…`, {
      where: path,
      hint: 'run the collector with the data folder (CIPHERNET_DATA) that the dataset was encrypted with',
    });
  }
  return parseOrThrow(schema, parseJson(text, path), path);
}
