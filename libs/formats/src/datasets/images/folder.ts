import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@ciphernet/foundation';
import { type Root, openRoot, pathInside } from './containment.js';
import { type ImageEntry, MAX_IMAGES } from './image-entry.js';

/** Images in a folder a class. */
export interface ImageFolder {
  /** By class, then by file name, both in the order of their UTF-16 code units; a label is its class. */
  readonly entries: readonly ImageEntry[];
  readonly classes: readonly string[];
  /** Files that are neither hidden nor named as images, relative to the folder. Nothing was done with them. */
  readonly ignored: readonly string[];
}

const IMAGE_NAME = /\.(?:png|jpe?g)$/i;

interface Item {
  readonly name: string;
  /** Relative to the root. */
  readonly path: string;
  /** On disk, links resolved. */
  readonly real: string;
  readonly isFolder: boolean;
}

async function kindOf(root: Root, path: string, entry: Dirent): Promise<Pick<Item, 'real' | 'isFolder'>> {
  if (!entry.isSymbolicLink()) return { real: join(entry.parentPath, entry.name), isFolder: entry.isDirectory() };
  const real = await pathInside(root, path);
  return { real, isFolder: (await stat(real)).isDirectory() };
}

/** What is in a folder, by name; hidden entries left out. */
async function itemsOf(root: Root, real: string, path: string): Promise<Item[]> {
  const entries = await readdir(real, { withFileTypes: true }).catch((cause: unknown) => {
    throw new InputError('the folder cannot be read', {
      where: join(root.given, path),
      hint: 'check its permissions',
      cause,
    });
  });
  const items: Item[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const inRoot = join(path, entry.name);
    items.push({ name: entry.name, path: inRoot, ...(await kindOf(root, inRoot, entry)) });
  }
  return items.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Lists `folder/class/image.png|jpg|jpeg`. Hidden files are passed over; other files are named in `ignored`. Links are followed
 * inside of the folder only.
 *
 * @throws InputError when there is no such folder or no class in it, for a class without images, for images that are in no class or
 *   deeper, and for a link that leads out
 */
export async function listImageFolder(folder: string): Promise<ImageFolder> {
  const root = await openRoot(folder);
  const layout = 'keep images as class/image.png, a folder for each class and none inside of it';
  const entries: ImageEntry[] = [];
  const classes: string[] = [];
  const ignored: string[] = [];
  for (const item of await itemsOf(root, root.real, '')) {
    if (!item.isFolder) {
      if (IMAGE_NAME.test(item.name)) {
        throw new InputError(`${item.name} is in no class's folder`, { where: root.given, hint: layout });
      }
      ignored.push(item.path);
      continue;
    }
    const before = entries.length;
    for (const file of await itemsOf(root, item.real, item.path)) {
      if (file.isFolder)
        throw new InputError(`${file.path} is a folder inside of a class`, { where: root.given, hint: layout });
      if (!IMAGE_NAME.test(file.name)) ignored.push(file.path);
      else entries.push({ path: file.real, label: item.name });
    }
    if (entries.length === before) {
      throw new InputError(`class ${item.name} has no images`, {
        where: root.given,
        hint: 'remove the empty folder, or put PNG or JPEG files into it',
      });
    }
    if (entries.length > MAX_IMAGES) throw new InputError(`more than ${MAX_IMAGES} images`, { where: root.given });
    classes.push(item.name);
  }
  if (classes.length === 0) throw new InputError('no folder of images in it', { where: root.given, hint: layout });
  return { entries, classes, ignored };
}
