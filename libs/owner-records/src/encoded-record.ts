import { join } from 'node:path';
import { InputError, digestSchema, parseJson, parseOrThrow, readIfThere, writeWhole } from '@ciphernet/foundation';
import { z } from 'zod';

const part = z
  .strictObject({ count: z.number().int().positive(), images: digestSchema, labels: digestSchema })
  .readonly();

/**
 * What the owner keeps about an encoded copy and no other party needs: what it is a copy of, and which key undoes its order and the
 * names of its classes. A file a copy, never in the blob store.
 */
const schema = z
  .strictObject({
    version: z.literal(1),
    /** Address of the copy's description in the store. */
    encoded: digestSchema,
    /** A name or the absolute path of a folder, as the datasets package takes it. */
    source: z.string().min(1),
    /** What reports call the data. */
    name: z.string().min(1).max(200),
    /** Absolute path of the key's file. */
    key: z.string().min(1),
    keyId: z.string().regex(/^[0-9a-f]{16}$/, 'is not 8 bytes of hex'),
    classes: z.number().int().min(2).max(256),
    /** Examples of each part, the first ones of the source, and SHA-256 of their images and labels: what changed is noticed. */
    train: part,
    test: part,
    seconds: z.number().nonnegative(),
  })
  .readonly();

/** A parsed record. */
export type EncodedRecord = z.infer<typeof schema>;

const pathOf = (folder: string, encoded: string): string => join(folder, `${encoded}.json`);

/** Writes a record, readable by its owner only. */
export async function writeEncodedRecord(folder: string, record: EncodedRecord): Promise<void> {
  await writeWhole(pathOf(folder, record.encoded), JSON.stringify(schema.parse(record)), {
    mode: 0o600,
    folderMode: 0o700,
  });
}

/** @throws InputError when there is no record of that copy here, or one of another version */
export async function readEncodedRecord(folder: string, encoded: string): Promise<EncodedRecord> {
  const path = pathOf(folder, encoded);
  const text = await readIfThere(path);
  if (text === undefined) {
    throw new InputError(`no encoded copy ${encoded.slice(0, 12)}… was made here`, {
      where: path,
      hint: 'give the digest that `dataset encode` printed, with the data folder (CIPHERNET_DATA) that it was made with',
    });
  }
  return parseOrThrow(schema, parseJson(text, path), path, 'encode the dataset again with this version');
}
