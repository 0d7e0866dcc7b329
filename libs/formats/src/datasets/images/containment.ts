import { lstatSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { InputError } from '@ciphernet/foundation';

/** A folder as it is on disk, without links on the way. */
export interface Root {
  /** As given, for messages. */
  readonly given: string;
  readonly real: string;
  /** Real paths of folders that were asked for already. */
  readonly folders: Map<string, string>;
}

/** @throws InputError when there is no such folder */
export async function openRoot(folder: string): Promise<Root> {
  const given = resolve(folder);
  const real = await realpath(given).catch((cause: unknown) => {
    throw new InputError('no such folder', { where: given, hint: 'check the path', cause });
  });
  return { given, real, folders: new Map() };
}

function isInside(root: Root, real: string): boolean {
  const way = relative(root.real, real);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * Where a path inside of a folder leads, links resolved. A list or a folder from elsewhere must not make its reader take in other
 * files of its user's.
 *
 * @param path relative to the root
 * @throws InputError for an absolute path, for one that leads out, by `..` or by a link, and for one that leads nowhere
 */
export async function pathInside(root: Root, path: string): Promise<string> {
  const where = join(root.given, path);
  const leadsOut = (): InputError =>
    new InputError(`'${path}' leads out of the folder`, {
      where: root.given,
      hint: 'put copies of the files into the folder and name them relative to it',
    });
  if (isAbsolute(path) || !isInside(root, resolve(root.real, path))) throw leadsOut();
  try {
    const parent = dirname(resolve(root.real, path));
    let folder = root.folders.get(parent);
    if (folder === undefined) {
      folder = await realpath(parent);
      if (folder !== root.real && !isInside(root, folder)) throw leadsOut();
      root.folders.set(parent, folder);
    }
    // Only the last step is left to look at, once for each of perhaps millions of files: at once, as the thread pool takes ten
    // times as long.
    const file = join(folder, resolve(root.real, path).slice(parent.length));
    if (!lstatSync(file).isSymbolicLink()) return file;
    const target = await realpath(file);
    if (!isInside(root, target)) throw leadsOut();
    return target;
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('no such file', { where, hint: 'check the name, capitals included', cause });
  }
}
