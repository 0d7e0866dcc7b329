import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError } from '@ciphernet/foundation';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The lock comes into being with its content: one that is empty would look like a crash's. @returns false where there is one */
async function make(path: string): Promise<boolean> {
  const partial = `${path}.${randomUUID()}.partial`;
  try {
    await writeFile(partial, String(process.pid), { flag: 'wx' });
    await link(partial, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw new InputError(`cannot lock the embedded queue (${code ?? 'unknown'})`, {
      where: path,
      hint: 'the data folder must be writable; set CIPHERNET_DATA to another one',
    });
  } finally {
    await rm(partial, { force: true });
  }
}

/** The process that a lock names, while it lives. */
async function livingHolder(path: string): Promise<number | undefined> {
  const holder = Number(await readFile(path, 'utf8').catch(() => ''));
  return Number.isInteger(holder) && holder > 0 && isAlive(holder) ? holder : undefined;
}

/** Removes a lock whose process is gone; of two that do, neither takes the other's new one away. */
async function removeStale(path: string): Promise<void> {
  const stale = `${path}.${randomUUID()}.stale`;
  try {
    await rename(path, stale);
  } catch {
    return;
  }
  // What was moved may be the lock of somebody who was quicker: it goes back, unless there is one again.
  if ((await livingHolder(stale)) !== undefined) await link(stale, path).catch(() => undefined);
  await rm(stale, { force: true });
}

/**
 * Takes a lock file with this process's id. A lock whose process is gone (a crash) is taken over.
 *
 * @returns the lock, given up when it is disposed
 * @throws InputError when another process has it, or the folder cannot be written
 */
export async function takeOwnerLock(path: string): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true });
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await make(path)) return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    const holder = await livingHolder(path);
    if (holder !== undefined) {
      throw new InputError(`process ${holder} owns the embedded queue`, {
        where: path,
        hint: 'wait for it, set CIPHERNET_DATA to another folder, or set REDIS_URL to share a queue between processes',
      });
    }
    await removeStale(path);
  }
  throw new InputError('cannot lock the embedded queue', { where: path, hint: 'another process is starting on it' });
}
