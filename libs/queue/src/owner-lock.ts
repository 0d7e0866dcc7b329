import { randomUUID } from 'node:crypto';
import { link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError, readIfThere } from '@ciphernet/foundation';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The process that a lock's text names, while it lives. */
function livingHolder(text: string): number | undefined {
  const holder = Number(text);
  return Number.isInteger(holder) && holder > 0 && isAlive(holder) ? holder : undefined;
}

/** Writes this process's id under a name of its own, and lets `publish` give it another in one step: a lock that is empty would look like a crash's. */
async function withOwnFile<T>(path: string, publish: (own: string) => Promise<T>): Promise<T> {
  const own = `${path}.${randomUUID()}.partial`;
  try {
    await writeFile(own, String(process.pid), { flag: 'wx' });
    return await publish(own);
  } finally {
    await rm(own, { force: true });
  }
}

/** @returns false where there is a file of that name */
function make(path: string): Promise<boolean> {
  return withOwnFile(path, (own) =>
    link(own, path).then(
      () => true,
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      },
    ),
  );
}

/** Takeovers that crashed, each of which leaves its guard. */
const MOST_GUARDS = 16;

/**
 * Puts this process's lock in the place of one whose process is gone. Whoever does it holds a guard, so that of two who found the same lock
 * one does, and looks at the lock again: only who holds a guard replaces a lock that is there.
 *
 * @param stale what was found
 * @returns false where somebody else does it, or has done it
 */
async function takeOver(path: string, stale: string): Promise<boolean> {
  const guardOf = (index: number): string => `${path}.takeover-${index}`;
  for (let index = 0; index < MOST_GUARDS; index++) {
    const guard = guardOf(index);
    if (!(await make(guard))) {
      // Who left it crashed, and the next one is taken; who lives is at it, or was a moment ago.
      const text = await readIfThere(guard);
      if (text === undefined || livingHolder(text) !== undefined) return false;
      continue;
    }
    try {
      if ((await readIfThere(path)) !== stale) return false;
      await withOwnFile(path, (own) => rename(own, path));
      return true;
    } finally {
      for (let done = 0; done <= index; done++) await rm(guardOf(done), { force: true });
    }
  }
  return false;
}

async function takeOrFind(path: string): Promise<AsyncDisposable | undefined> {
  const lock = { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
  if (await make(path)) return lock;
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const holder = livingHolder(text);
  if (holder !== undefined) {
    throw new InputError(`process ${holder} owns the embedded queue`, {
      where: path,
      hint: 'wait for it, set CIPHERNET_DATA to another folder, or set REDIS_URL to share a queue between processes',
    });
  }
  return (await takeOver(path, text)) ? lock : undefined;
}

/**
 * Takes a lock file with this process's id. A lock whose process is gone (a crash) is taken over, by one of those who find it.
 *
 * @returns the lock, given up when it is disposed
 * @throws InputError when another process has it, or the folder cannot be written
 */
export async function takeOwnerLock(path: string): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true });
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      const lock = await takeOrFind(path);
      if (lock !== undefined) return lock;
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new InputError(`cannot lock the embedded queue (${code})`, {
      where: path,
      hint: 'the data folder must be writable; set CIPHERNET_DATA to another one',
    });
  }
  throw new InputError('cannot lock the embedded queue', { where: path, hint: 'another process is starting on it' });
}
