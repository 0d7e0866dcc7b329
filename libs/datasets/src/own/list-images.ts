import { stat } from 'node:fs/promises';
import { type ImageEntry, listImageFolder, readImageList } from '@ciphernet/formats';

/** Images that are not yet read, and the names of their classes in the order of their UTF-16 code units; none without labels. */
export interface ListedImages {
  readonly entries: readonly ImageEntry[];
  readonly classes: readonly string[];
  /** What the labels come from: a column's name, or `folder`. */
  readonly label: string;
  readonly isFolder: boolean;
}

/**
 * Lists the images of a folder with a folder a class, or of a CSV file with a column of paths.
 *
 * @param label column of the file's labels; `label` unless given, where that is there
 * @throws InputError for anything else, naming file or line
 */
export async function listImages(path: string, label: string | undefined): Promise<ListedImages> {
  if ((await stat(path)).isDirectory()) return { ...(await listImageFolder(path)), label: 'folder', isFolder: true };
  const entries = await readImageList(path, { labelColumn: label });
  const labels = new Set(entries.flatMap((entry) => (entry.label === undefined ? [] : [entry.label])));
  return { entries, classes: [...labels].sort(), label: label ?? 'label', isFolder: false };
}
