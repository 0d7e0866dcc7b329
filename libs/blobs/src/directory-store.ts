import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, readPlain } from '@ciphernet/foundation';
import { type BlobStore, MOST_REF_BYTES } from './blob-store.js';
import { getBlob, hasBlob, localBlob, putBlob, streamBlob } from './directory-blobs.js';
import { type StoreFolder, directoryError, isMissing, openStoreFolder, writeChunks } from './directory-files.js';

async function getRef(folder: StoreFolder, name: string): Promise<string | undefined> {
  const path = folder.refPath(name);
  try {
    return (await readPlain(path, { most: MOST_REF_BYTES })).toString('utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error instanceof InputError ? error : directoryError(error, name);
  }
}

async function listRefs(folder: StoreFolder, prefix: string): Promise<string[]> {
  const path = folder.refPath(prefix);
  const base = join(folder.root, 'refs');
  try {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1))
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw directoryError(error, prefix);
  }
}

/**
 * Blobs in a directory: `blobs/ab/abcdef…`, references in `refs/…`. Writers stream to a temporary name in the same
 * file system and rename, so that several processes can share it.
 *
 * @param folder made when it is not there
 * @throws InputError when the folder may not be written; UnavailableError when the file system fails otherwise
 */
export async function openDirectoryStore(folder: string): Promise<BlobStore> {
  const files = await openStoreFolder(folder);
  return {
    description: `directory ${files.root}`,
    put: (content) => putBlob(files, content),
    has: (digest) => hasBlob(files, digest),
    get: (digest, maxBytes, room) => getBlob(files, digest, maxBytes, room),
    stream: (digest, maxBytes) => streamBlob(files, digest, maxBytes),
    local: (digest, options) => localBlob(files, digest, options),
    async setRef(name, text) {
      await writeChunks(files, files.refPath(name), [Buffer.from(text)]);
    },
    getRef: (name) => getRef(files, name),
    listRefs: (prefix) => listRefs(files, prefix),
  };
}
