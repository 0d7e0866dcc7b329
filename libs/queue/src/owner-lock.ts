import { mkdir, open, readFile, rm } from 'node:fs/promises';
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

/**
 * Takes a lock file with this process's id. A lock whose process is gone (a crash) is taken over.
 *
 * @returns the lock, given up when it is disposed
 * @throws InputError when another process has it, or the folder cannot be written
 */
export async function takeOwnerLock(path: string): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true });
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') {
        throw new InputError(`cannot lock the embedded queue (${code ?? 'unknown'})`, {
          where: path,
          hint: 'the data folder must be writable; set CIPHERNET_DATA to another one',
        });
      }
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (Number.isInteger(holder) && holder > 0 && isAlive(holder)) {
      throw new InputError(`process ${holder} owns the embedded queue`, {
        where: path,
        hint: 'wait for it, set CIPHERNET_DATA to another folder, or set REDIS_URL to share a queue between processes',
      });
    }
    await rm(path, { force: true });
  }
  throw new InputError('cannot lock the embedded queue', { where: path, hint: 'another process is starting on it' });
}
