import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { InputError, UnavailableError, writeInTurn } from '@ciphernet/foundation';
import { checkDigestName, checkRefName } from './names.js';

/** Where a store's files are, all on one file system: `blobs/ab/abcdef…`, `refs/…`, and `partial/` while they are written. */
export interface StoreFolder {
  /** Absolute. */
  readonly root: string;
  /** A new name in `partial/`. */
  partialPath(): string;
  /** @throws InputError unless the digest is one */
  blobPath(digest: string): string;
  /** @throws InputError unless the name is one of a reference */
  refPath(name: string): string;
}

/** True when a file system's error says that nothing is there. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** A file system's error as one of ours: InputError where permissions must change, else UnavailableError. */
export function directoryError(error: unknown, where: string): Error {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  const hint =
    code === 'ENOSPC'
      ? 'the disk is full: free space or set CIPHERNET_DATA to another disk'
      : 'the data folder must be writable; set CIPHERNET_DATA to another one';
  const kind = code === 'EACCES' || code === 'EROFS' || code === 'EPERM' ? InputError : UnavailableError;
  return new kind(`the blob store failed (${code})`, { where, hint, cause: error });
}

/**
 * Makes the folder and writes a file into it once, so that a store that cannot be written is refused before work is done.
 *
 * @throws InputError without the permission; UnavailableError for any other failure of the file system
 */
export async function openStoreFolder(folder: string): Promise<StoreFolder> {
  const root = resolve(folder);
  const partialPath = (): string => join(root, 'partial', randomUUID());
  try {
    const probe = partialPath();
    await mkdir(dirname(probe), { recursive: true });
    await (await open(probe, 'wx')).close();
    await rm(probe);
  } catch (error) {
    throw directoryError(error, root);
  }
  return {
    root,
    partialPath,
    blobPath: (digest) => join(root, 'blobs', checkDigestName(digest).slice(0, 2), digest),
    refPath: (name) => join(root, 'refs', checkRefName(name)),
  };
}

/** The source's own errors keep their kind; those of the file system have a code. */
function isOfTheSource(error: unknown): error is Error {
  return error instanceof Error && error.name.endsWith('Error') && !('code' in error);
}

/**
 * Writes a file that appears whole or not at all: under a name in `partial/`, then renamed. Makes its folder.
 *
 * @param chunks as {@link writeInTurn} takes them
 * @throws what the chunks throw; InputError or UnavailableError when the file system fails
 */
export async function writeChunks(
  folder: StoreFolder,
  target: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const partial = folder.partialPath();
  try {
    const file = await open(partial, 'wx');
    try {
      await writeInTurn(file, chunks);
    } finally {
      await file.close();
    }
    await mkdir(dirname(target), { recursive: true });
    await rename(partial, target);
  } catch (error) {
    throw isOfTheSource(error) ? error : directoryError(error, target);
  } finally {
    await rm(partial, { force: true });
  }
}
