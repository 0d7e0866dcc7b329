import { nameOf, parseJson, parseOrThrow } from '@ciphernet/foundation';
import type { z } from 'zod';
import type { BlobStore } from './blob-store.js';

/**
 * References of one kind: names below one folder, each a small JSON value of one schema. What is read may have been
 * written by any process that reaches the store, so it is checked like any other input.
 */
export interface RefFamily<T> {
  /** @throws InputError when what is there is no value of this family */
  get(blobs: BlobStore, name: string): Promise<T | undefined>;
  /** As `get`, and undefined for what is no value of this family: for what is made again where it is not there. */
  find(blobs: BlobStore, name: string): Promise<T | undefined>;
  /** The last writer wins. @throws the schema's error for a value that is not of this family */
  set(blobs: BlobStore, name: string, value: T): Promise<void>;
  /** Names below the folder, or below a folder inside it, sorted; without the family's own folder. */
  list(blobs: BlobStore, inside?: string): Promise<string[]>;
}

/** Declares a family. @param folder its first name part, like `results` */
export function refFamily<T>(folder: string, schema: z.ZodType<T>): RefFamily<T> {
  const get = async (blobs: BlobStore, name: string): Promise<T | undefined> => {
    const path = `${folder}/${name}`;
    const text = await blobs.getRef(path);
    return text === undefined ? undefined : parseOrThrow(schema, parseJson(text, path), path);
  };
  return {
    get,
    find: (blobs, name) =>
      get(blobs, name).catch((error: unknown) => {
        if (nameOf(error) === 'UnavailableError') throw error;
        return undefined;
      }),
    async set(blobs, name, value) {
      await blobs.setRef(`${folder}/${name}`, JSON.stringify(schema.parse(value)));
    },
    async list(blobs, inside) {
      const names = await blobs.listRefs(inside === undefined ? folder : `${folder}/${inside}`);
      return names.map((name) => name.slice(folder.length + 1));
    },
  };
}
