import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError, UnavailableError } from './errors.js';

/** Permissions of what is written. */
export interface WriteOptions {
  /** Permissions of a new file; the process's umask applies. Default 0o666. */
  readonly mode?: number;
  /** Permissions of folders that have to be made. Default 0o777. */
  readonly folderMode?: number;
}

/** What a disk or a system that is short of something says: nothing that was asked is wrong, and later it may work. */
const PASSING = new Set([
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EAGAIN',
  'EBUSY',
  'ESTALE',
  'ETIMEDOUT',
]);

/** Writes to a temporary name in the same folder, syncs it, and lets `publish` give it its name. */
async function writeVia(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions,
  publish: (partial: string) => Promise<void>,
): Promise<void> {
  const partial = `${path}.${randomUUID()}.partial`;
  // Before that, EEXIST speaks of a file where the folder should be.
  let isMade = false;
  try {
    await mkdir(dirname(path), {
      recursive: true,
      ...(options.folderMode === undefined ? {} : { mode: options.folderMode }),
    });
    isMade = true;
    const file = await open(partial, 'wx', options.mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await publish(partial);
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' && isMade)
      throw new InputError('a file is already there', { where: path, hint: 'it is never replaced' });
    const kind = PASSING.has(code) ? UnavailableError : InputError;
    throw new kind(`cannot write (${code})`, {
      where: path,
      hint: code === 'ENOSPC' ? 'the disk is full: free space' : 'the folder must be writable and have space',
      cause,
    });
  } finally {
    await rm(partial, { force: true }).catch(() => undefined);
  }
}

/**
 * Writes a file that is whole or absent, replacing one of that name. Makes the folder.
 *
 * @throws InputError naming the path, when the folder cannot be written; UnavailableError when the disk is full or fails
 */
export function writeWhole(path: string, content: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  return writeVia(path, content, options, (partial) => rename(partial, path));
}

/**
 * Like {@link writeWhole}, but never replaces a file: of two writers one succeeds.
 *
 * @throws InputError when the file is there already
 */
export function writeOnce(path: string, content: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  return writeVia(path, content, options, (partial) => link(partial, path));
}

/** What is read of a file that somebody names. */
export interface PlainFile {
  /** Bytes that are taken. */
  readonly most: number;
  /** False where a link could name a file that is not to be had: it fails with ELOOP. Default true. */
  readonly followsLinks?: boolean;
  /** What to do where it is no plain file, and where it is longer. */
  readonly hints?: { readonly kind: string; readonly size: string };
}

/**
 * Reads a plain file of at most so many bytes: a pipe would be waited for, and a device might not end.
 *
 * @throws InputError for a file that is longer or none; any other failure is the file system's own error
 */
export async function readPlain(path: string, { most, followsLinks = true, hints }: PlainFile): Promise<Buffer> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (followsLinks ? 0 : constants.O_NOFOLLOW);
  await using file = await open(path, flags);
  const stats = await file.stat();
  const refuse = (what: string, hint: { readonly hint?: string }): never => {
    throw new InputError(what, { where: path, ...hint });
  };
  if (!stats.isFile()) refuse('is not a plain file', hints === undefined ? {} : { hint: hints.kind });
  if (stats.size > most)
    refuse(`has ${stats.size} bytes, at most ${most} are taken`, hints === undefined ? {} : { hint: hints.size });
  return await file.readFile();
}

/** A file's text; undefined where there is none of that name. Any other failure is the file system's own error. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
