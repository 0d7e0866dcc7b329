import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InputError } from './errors.js';

/** How a folder is written. */
export interface FolderOptions {
  /** True to put it in the place of a folder of that name, which is deleted; otherwise only an empty one is replaced. Default false. */
  readonly replace?: boolean;
  /** Permissions of the folder. Default 0o777; the process's umask applies. */
  readonly mode?: number;
}

async function entriesOf(path: string): Promise<readonly string[] | undefined> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Writes a folder that is whole or absent: its content goes under a temporary name beside it, which it gives up at the end.
 *
 * @param fill writes the content into the folder whose path it is given
 * @throws InputError when something is there already that is not to be replaced, or the place cannot be written; and what `fill` throws:
 *   then nothing stays behind
 */
export async function writeFolder<T>(
  path: string,
  options: FolderOptions,
  fill: (folder: string) => Promise<T>,
): Promise<T> {
  const target = resolve(path);
  const partial = `${target}.${randomUUID()}.partial`;
  try {
    const present = await entriesOf(target);
    if (present !== undefined && present.length > 0 && options.replace !== true) {
      throw new InputError('the folder is there already, and not empty', {
        where: path,
        hint: 'name another one, or replace it with --replace',
      });
    }
    await mkdir(dirname(target), { recursive: true });
    await mkdir(partial, options.mode === undefined ? {} : { mode: options.mode });
    const filled = await fill(partial);
    // A folder takes the place of an empty one in one step; a full one steps aside first.
    if (present !== undefined && present.length > 0) {
      const old = `${partial}.old`;
      await rename(target, old);
      await rename(partial, target);
      await rm(old, { recursive: true, force: true });
    } else await rename(partial, target);
    return filled;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) throw cause;
    throw new InputError(`cannot write the folder (${code})`, {
      where: path,
      hint: code === 'ENOSPC' ? 'the disk is full: free space' : 'what holds it must be a writable folder',
      cause,
    });
  } finally {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
  }
}
